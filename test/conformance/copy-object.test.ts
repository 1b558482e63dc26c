import { expect } from 'vitest'
import type { CopyObjectOptions, CopySource } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { contentOf, digest, md5, mebibyte, partSize, pattern, refusal } from './harness/content.ts'

/** Keys that a source must name exactly. */
const hostile = [
  'a+b c%20d',
  '100%',
  '?versionId=x',
  'a?versionId=null',
  'ä/汉字/😀',
  'a//b',
  '/lead',
  'a/../b',
  '#frag&x=y',
  'tail/',
  'line\nbreak',
]

conformance('copyObject', (defineCase) => {
  defineCase('takes its source as text or as an object', async ({ client, bucket }) => {
    const name = await bucket()
    const other = await bucket()
    await client.putObject(name, 'folder/a b', 'content')
    const sources: readonly (string | CopySource)[] = [
      `${name}/folder/a b`,
      `/${name}/folder/a b`,
      { bucket: name, object: 'folder/a b' },
    ]
    for (const [index, source] of sources.entries()) {
      const { etag, lastModified } = await client.copyObject(other, `${index}`, source)
      expect(etag).toBe(md5('content'))
      const stat = await client.statObject(other, `${index}`)
      expect(stat.etag).toBe(etag)
      expect(Math.floor((lastModified?.getTime() ?? 0) / 1000)).toBe(
        (stat.lastModified?.getTime() ?? 1) / 1000,
      )
      expect((await contentOf(client, other, `${index}`)).toString()).toBe('content')
    }
  })

  defineCase(
    'names any key exactly, as source and as target',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const object of hostile) await client.putObject(name, object, object)
      for (const object of hostile) {
        await client.copyObject(name, `copy of ${object}`, { bucket: name, object })
        const copied = await contentOf(client, name, `copy of ${object}`)
        expect(copied.toString(), object).toBe(object)
      }
      for (const object of hostile.filter((key) => !key.includes('?versionId='))) {
        await client.copyObject(name, object, `${name}/copy of ${object}`)
        expect((await contentOf(client, name, object)).toString(), object).toBe(object)
      }
    },
    { needs: ['hostile keys'] },
  )

  defineCase(
    'copies the version that is asked for',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const first = await client.putObject(name, 'a', 'first')
      await client.putObject(name, 'a', 'second')
      const { versionId = '' } = first
      const byText = await client.copyObject(name, 'b', `${name}/a?versionId=${versionId}`)
      // Ceph does not say it (18.2, 20.2).
      expect([versionId, undefined]).toContain(byText.sourceVersionId)
      const { versionId: other = '' } = await client.statObject(name, 'b')
      expect([other, undefined]).toContain(byText.versionId)
      expect((await contentOf(client, name, 'b')).toString()).toBe('first')
      await client.copyObject(name, 'a', { bucket: name, object: 'a', versionId })
      expect((await contentOf(client, name, 'a')).toString()).toBe('first')
      const unknown = client.copyObject(name, 'c', { bucket: name, object: 'a', versionId: other })
      expect(await refusal(unknown)).toMatch(/^404 NoSuch(Version|Key)$/)
      const marker = await client.removeObject(name, 'a')
      const removed = client.copyObject(name, 'c', { bucket: name, object: 'a' })
      expect(await refusal(removed)).toBe('404 NoSuchKey')
      const ofMarker = { bucket: name, object: 'a', versionId: marker.versionId }
      expect(['400 InvalidRequest', '404 NoSuchKey']).toContain(
        await refusal(client.copyObject(name, 'c', ofMarker)),
      )
    },
    { needs: ['versions'] },
  )

  defineCase('copies under conditions only', async ({ client, bucket }) => {
    const name = await bucket()
    const { etag } = await client.putObject(name, 'a', 'a')
    const { lastModified = new Date(0) } = await client.statObject(name, 'a')
    const before = new Date(lastModified.getTime() - 60_000)
    const copy = (conditions: CopyObjectOptions['conditions']) =>
      client.copyObject(name, 'b', `${name}/a`, { conditions })
    const failing: readonly CopyObjectOptions['conditions'][] = [
      { ifMatch: md5('other') },
      { ifNoneMatch: etag },
      { ifModifiedSince: lastModified },
      { ifUnmodifiedSince: before },
      { ifMatch: md5('other'), ifUnmodifiedSince: lastModified },
      { ifNoneMatch: etag, ifModifiedSince: before },
    ]
    for (const conditions of failing) {
      const label = JSON.stringify(conditions)
      // Ceph answers like to a read.
      expect(await refusal(copy(conditions)), label).toMatch(
        /^(412 PreconditionFailed|304 NotModified)$/,
      )
    }
    expect(await client.objectExists(name, 'b')).toBe(false)
    const holding: readonly CopyObjectOptions['conditions'][] = [
      { ifMatch: etag },
      { ifNoneMatch: md5('other') },
      { ifModifiedSince: before },
      { ifUnmodifiedSince: lastModified },
      { ifMatch: etag, ifUnmodifiedSince: before },
    ]
    for (const conditions of holding) {
      expect((await copy(conditions)).etag, JSON.stringify(conditions)).toBe(etag)
    }
  })

  defineCase('keeps metadata, or replaces all of it', async ({ client, bucket }) => {
    const name = await bucket()
    const metadata = { city: 'Köln', 'cache-control': 'no-store' }
    await client.putObject(name, 'a', 'a', { metadata, contentType: 'text/x-a' })
    await client.copyObject(name, 'kept', `${name}/a`)
    const kept = await client.statObject(name, 'kept')
    expect(kept).toMatchObject({ contentType: 'text/x-a', cacheControl: 'no-store' })
    expect({ ...kept.metadata }).toEqual({ city: 'Köln' })
    await client.copyObject(name, 'replaced', `${name}/a`, {
      metadata: { town: 'Bonn' },
      contentType: 'text/x-b',
    })
    const replaced = await client.statObject(name, 'replaced')
    expect(replaced).toMatchObject({ contentType: 'text/x-b', cacheControl: undefined })
    expect({ ...replaced.metadata }).toEqual({ town: 'Bonn' })
    await client.copyObject(name, 'bare', `${name}/a`, { metadata: {} })
    const bare = await client.statObject(name, 'bare')
    expect(bare.contentType).toBe('application/octet-stream')
    expect({ ...bare.metadata }).toEqual({})
  })

  defineCase(
    'keeps tags, or replaces them',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'a', { tags: { a: '1', b: '2' } })
      await client.copyObject(name, 'kept', `${name}/a`)
      await client.copyObject(name, 'new', `${name}/a`, { tags: { c: '3' } })
      await client.copyObject(name, 'none', `${name}/a`, { tags: {} })
      expect({ ...(await client.getObjectTags(name, 'kept')) }).toEqual({ a: '1', b: '2' })
      expect({ ...(await client.getObjectTags(name, 'new')) }).toEqual({ c: '3' })
      expect({ ...(await client.getObjectTags(name, 'none')) }).toEqual({})
    },
    { needs: ['object tagging header', 'tags of copies'] },
  )

  defineCase(
    'gives the copy a storage class of its own',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'a', { metadata: { b: 'c' } })
      await client.copyObject(name, 'cold', `${name}/a`, { storageClass: 'STANDARD_IA' })
      const stat = await client.statObject(name, 'cold')
      expect([stat.storageClass, { ...stat.metadata }]).toEqual(['STANDARD_IA', { b: 'c' }])
      // A change of the class is one that lets an object be copied to itself.
      await client.copyObject(name, 'a', `${name}/a`, { storageClass: 'STANDARD_IA' })
      expect((await client.statObject(name, 'a')).storageClass).toBe('STANDARD_IA')
    },
    { needs: ['storage classes'] },
  )

  defineCase('copies an object to itself only to change it', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a', { metadata: { b: 'c' } })
    const same = client.copyObject(name, 'a', `${name}/a`)
    expect(await refusal(same)).toBe('400 InvalidRequest')
    await client.copyObject(name, 'a', `${name}/a`, { metadata: { d: 'e' } })
    expect({ ...(await client.statObject(name, 'a')).metadata }).toEqual({ d: 'e' })
    expect((await contentOf(client, name, 'a')).toString()).toBe('a')
  })

  defineCase('copies an empty object, and one of several parts', async ({ client, bucket }) => {
    const name = await bucket()
    const content = pattern(3 * partSize + mebibyte)
    await client.putObject(name, 'empty', '')
    await client.putObject(name, 'parts', content, { partSize })
    await client.copyObject(name, 'empty copy', `${name}/empty`)
    await client.copyObject(name, 'parts copy', `${name}/parts`)
    expect((await client.statObject(name, 'empty copy')).sizeBytes).toBe(0)
    expect(digest(await contentOf(client, name, 'parts copy'))).toBe(digest(content))
  })

  defineCase('copies in parts what is larger than a part', async ({ client, bucket }) => {
    const name = await bucket()
    const content = pattern(3 * partSize + 1)
    const metadata = { city: 'Köln', 'cache-control': 'no-store', 'content-language': 'de' }
    await client.putObject(name, 'a', content, { metadata, contentType: 'text/x-a' })
    const progress: number[] = []
    const { etag, lastModified } = await client.copyObject(name, 'b', `${name}/a`, {
      partSize,
      onProgress: ({ transferred }) => progress.push(transferred),
    })
    const stat = await client.statObject(name, 'b')
    expect(stat).toMatchObject({
      etag,
      lastModified,
      sizeBytes: content.length,
      contentType: 'text/x-a',
      cacheControl: 'no-store',
      contentLanguage: 'de',
    })
    expect(etag).toMatch(/-4$/)
    expect({ ...stat.metadata }).toEqual({ city: 'Köln' })
    expect(digest(await contentOf(client, name, 'b'))).toBe(digest(content))
    expect(progress).toHaveLength(4)
    expect(progress.at(-1)).toBe(content.length)
    await client.copyObject(name, 'c', `${name}/a`, { partSize, metadata: { d: 'e' } })
    const replaced = await client.statObject(name, 'c')
    expect(replaced).toMatchObject({
      contentType: 'application/octet-stream',
      cacheControl: undefined,
    })
    expect({ ...replaced.metadata }).toEqual({ d: 'e' })
    expect(await client.listIncompleteUploads(name, { recursive: true }).toArray()).toEqual([])
  })

  defineCase(
    'keeps tags in parts, or replaces them',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', pattern(partSize + 1), { tags: { a: '1', b: '+ /' } })
      await client.copyObject(name, 'kept', `${name}/a`, { partSize })
      await client.copyObject(name, 'new', `${name}/a`, { partSize, tags: { c: '3' } })
      await client.copyObject(name, 'none', `${name}/a`, { partSize, tags: {} })
      expect({ ...(await client.getObjectTags(name, 'kept')) }).toEqual({ a: '1', b: '+ /' })
      expect({ ...(await client.getObjectTags(name, 'new')) }).toEqual({ c: '3' })
      expect({ ...(await client.getObjectTags(name, 'none')) }).toEqual({})
    },
    { needs: ['object tagging header'] },
  )

  defineCase(
    'copies a version in parts',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const content = pattern(2 * partSize)
      const { versionId = '' } = await client.putObject(name, 'a', content, { partSize })
      await client.putObject(name, 'a', 'other')
      const source = { bucket: name, object: 'a', versionId }
      const copied = await client.copyObject(name, 'b', source, { partSize })
      expect(copied.sourceVersionId).toBe(versionId)
      expect(copied.versionId).toBe((await client.statObject(name, 'b')).versionId)
      expect(digest(await contentOf(client, name, 'b'))).toBe(digest(content))
    },
    { needs: ['versions'] },
  )

  defineCase('copies in parts under conditions only', async ({ client, bucket }) => {
    const name = await bucket()
    const content = pattern(partSize + 1)
    const { etag } = await client.putObject(name, 'a', content)
    const { lastModified = new Date(0) } = await client.statObject(name, 'a')
    const before = new Date(lastModified.getTime() - 60_000)
    const copy = (conditions: CopyObjectOptions['conditions']) =>
      client.copyObject(name, 'b', `${name}/a`, { conditions, partSize })
    const failing: readonly CopyObjectOptions['conditions'][] = [
      { ifMatch: md5('other') },
      { ifNoneMatch: etag },
      { ifModifiedSince: lastModified },
      { ifUnmodifiedSince: before },
    ]
    for (const conditions of failing) {
      const label = JSON.stringify(conditions)
      expect(await refusal(copy(conditions)), label).toBe('412 PreconditionFailed')
    }
    expect(await client.objectExists(name, 'b')).toBe(false)
    await copy({ ifMatch: etag, ifUnmodifiedSince: before })
    await copy({ ifNoneMatch: md5('other') })
    await copy({ ifModifiedSince: before })
    expect(digest(await contentOf(client, name, 'b'))).toBe(digest(content))
  })

  defineCase('stands alone once it is made', async ({ client, bucket }) => {
    const name = await bucket()
    const content = pattern(200_000)
    await client.putObject(name, 'a', content)
    await client.copyObject(name, 'b', `${name}/a`)
    await client.putObject(name, 'a', 'other')
    await client.removeObject(name, 'a')
    expect(digest(await contentOf(client, name, 'b'))).toBe(digest(content))
  })

  defineCase('says what is missing', async ({ client, bucket }) => {
    const name = await bucket()
    const gone = await bucket()
    await client.putObject(name, 'a', 'a')
    await client.removeBucket(gone)
    expect(await refusal(client.copyObject(name, 'b', `${name}/absent`))).toBe('404 NoSuchKey')
    expect(await refusal(client.copyObject(name, 'b', `${gone}/a`))).toBe('404 NoSuchBucket')
    expect(await refusal(client.copyObject(gone, 'b', `${name}/a`))).toBe('404 NoSuchBucket')
  })
})
