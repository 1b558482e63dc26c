import { expect } from 'vitest'
import type { StatObjectOptions } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { md5, partSize, pattern, refusal } from './harness/content.ts'

/** Ceph takes a delete marker for nothing at all. */
const ofMarkers = ['405 MethodNotAllowed', '404 NoSuchKey']

conformance('statObject', (defineCase) => {
  defineCase('tells size, ETag, date, type and metadata', async ({ client, bucket }) => {
    const name = await bucket()
    const begin = Math.floor(Date.now() / 1000) * 1000
    const metadata = { camera: 'Leica', city: 'Köln' }
    const { etag } = await client.putObject(name, 'a', 'hello', {
      contentType: 'text/plain',
      metadata,
    })
    const stat = await client.statObject(name, 'a')
    expect(stat).toMatchObject({
      bucket: name,
      object: 'a',
      sizeBytes: 5,
      etag: md5('hello'),
      contentType: 'text/plain',
      versionId: undefined,
      isDeleteMarker: false,
      tagCount: undefined,
      objectLockMode: undefined,
      objectLockLegalHold: undefined,
      sseCustomerAlgorithm: undefined,
    })
    expect(etag).toBe(stat.etag)
    expect({ ...stat.metadata }).toEqual(metadata)
    const modified = stat.lastModified?.getTime() ?? 0
    expect(modified).toBeGreaterThanOrEqual(begin - 60_000)
    expect(modified).toBeLessThanOrEqual(Date.now() + 60_000)
  })

  defineCase('tells the same as a listing', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', pattern(partSize + 1), { partSize })
    const { sizeBytes, etag, lastModified } = await client.statObject(name, 'a')
    const [listed] = await client.listObjectsV2(name).toArray()
    expect(listed).toMatchObject({ object: 'a', sizeBytes, etag })
    const listedAt = listed?.isPrefix === false ? listed.lastModified : undefined
    // A header has whole seconds only.
    expect(Math.floor((listedAt?.getTime() ?? 0) / 1000) * 1000).toBe(lastModified?.getTime())
  })

  defineCase(
    'tells versions and delete markers',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const first = await client.putObject(name, 'a', 'first')
      const second = await client.putObject(name, 'a', 'second!')
      const versionOf = async (versionId?: string) =>
        (await client.statObject(name, 'a', { versionId })).versionId
      expect(await versionOf()).toBe(second.versionId)
      expect(await versionOf(first.versionId)).toBe(first.versionId)
      const marker = await client.removeObject(name, 'a')
      expect(await refusal(client.statObject(name, 'a'))).toBe('404 NoSuchKey')
      const ofMarker = client.statObject(name, 'a', { versionId: marker.versionId })
      expect(ofMarkers).toContain(await refusal(ofMarker))
    },
    { needs: ['versions'] },
  )

  defineCase(
    'tells locks and tags',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      await client.putObject(name, 'a', 'a', { tags: { b: 'c', d: 'e' } })
      const retainUntilDate = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000)
      await client.setObjectRetention(name, 'a', { mode: 'GOVERNANCE', retainUntilDate })
      await client.setObjectLegalHold(name, 'a', true)
      expect(await client.statObject(name, 'a')).toMatchObject({
        tagCount: 2,
        objectLockMode: 'GOVERNANCE',
        objectLockRetainUntil: retainUntilDate,
        objectLockLegalHold: 'ON',
      })
    },
    { needs: ['object lock', 'object tagging header'] },
  )

  defineCase('answers under conditions only', async ({ client, bucket }) => {
    const name = await bucket()
    const { etag } = await client.putObject(name, 'a', 'a')
    const { lastModified = new Date(0) } = await client.statObject(name, 'a')
    const before = new Date(lastModified.getTime() - 60_000)
    const stat = (conditions: StatObjectOptions['conditions']) =>
      client.statObject(name, 'a', { conditions })
    expect((await stat({ ifMatch: etag, ifModifiedSince: before })).etag).toBe(etag)
    // The answer to HEAD has no body that could name a code.
    expect(await refusal(stat({ ifMatch: md5('other') }))).toBe('412 PreconditionFailed')
    expect(await refusal(stat({ ifUnmodifiedSince: before }))).toBe('412 PreconditionFailed')
    expect(await refusal(stat({ ifNoneMatch: etag }))).toBe('304 NotModified')
    expect(await refusal(stat({ ifModifiedSince: lastModified }))).toBe('304 NotModified')
  })

  defineCase('says that an object is missing, or its bucket', async ({ client, bucket }) => {
    const name = await bucket()
    expect(await refusal(client.statObject(name, 'absent'))).toBe('404 NoSuchKey')
    await client.removeBucket(name)
    expect(await refusal(client.statObject(name, 'absent'))).toMatch(/^404 NoSuch(Bucket|Key)$/)
  })
})

conformance('objectExists', (defineCase) => {
  defineCase('knows what is there and what is not', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'folder/a', 'a')
    expect(await client.objectExists(name, 'folder/a')).toBe(true)
    expect(await client.objectExists(name, 'folder')).toBe(false)
    expect(await client.objectExists(name, 'folder/')).toBe(false)
    await client.removeObject(name, 'folder/a')
    expect(await client.objectExists(name, 'folder/a')).toBe(false)
  })

  defineCase(
    'knows versions and delete markers',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const { versionId } = await client.putObject(name, 'a', 'a')
      const other = await client.putObject(name, 'b', 'b')
      await client.removeObject(name, 'a')
      expect(await client.objectExists(name, 'a')).toBe(false)
      expect(await client.objectExists(name, 'a', { versionId })).toBe(true)
      expect(await client.objectExists(name, 'a', { versionId: other.versionId })).toBe(false)
    },
    { needs: ['versions'] },
  )
})
