import { expect } from 'vitest'
import { InvalidArgumentError, type Client, type ComposeSource } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { contentOf, digest, md5, partSize, pattern, refusal, rejection } from './harness/content.ts'

const piece = pattern(partSize + 7)

async function expectNoUploads(client: Client, bucket: string): Promise<void> {
  expect(await client.listIncompleteUploads(bucket, { recursive: true }).toArray()).toEqual([])
}

conformance('composeObject', (defineCase) => {
  defineCase('puts sources one behind the other', async ({ client, bucket }) => {
    const name = await bucket()
    const other = await bucket()
    const second = pattern(partSize, 1)
    await client.putObject(name, 'a', piece)
    await client.putObject(other, 'b ä?x', second)
    await client.putObject(name, 'small', 'end')
    const { etag } = await client.composeObject(name, 'all', [
      { bucket: name, object: 'a' },
      { bucket: other, object: 'b ä?x' },
      { bucket: name, object: 'a', offset: 3, length: partSize },
      { bucket: name, object: 'small' },
    ])
    expect(etag).toMatch(/-4$/)
    expect((await client.statObject(name, 'all')).etag).toBe(etag)
    const expected = Buffer.concat([
      piece,
      second,
      piece.subarray(3, 3 + partSize),
      Buffer.from('end'),
    ])
    expect(digest(await contentOf(client, name, 'all'))).toBe(digest(expected))
    await expectNoUploads(client, name)
  })

  defineCase('takes one source, whole, in part, or empty', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', piece)
    await client.putObject(name, 'empty', '')
    const whole = await client.composeObject(name, 'whole', [{ bucket: name, object: 'a' }])
    expect(whole.etag).toBe((await client.statObject(name, 'whole')).etag)
    expect(digest(await contentOf(client, name, 'whole'))).toBe(digest(piece))
    await client.composeObject(name, 'end', [{ bucket: name, object: 'a', offset: partSize }])
    expect(digest(await contentOf(client, name, 'end'))).toBe(digest(piece.subarray(partSize)))
    await client.composeObject(name, 'nothing', [{ bucket: name, object: 'empty' }])
    expect((await client.statObject(name, 'nothing')).sizeBytes).toBe(0)
    await client.composeObject(name, 'a and nothing', [
      { bucket: name, object: 'a' },
      { bucket: name, object: 'empty' },
    ])
    expect(digest(await contentOf(client, name, 'a and nothing'))).toBe(digest(piece))
  })

  defineCase('cuts sources into parts', async ({ client, bucket }) => {
    const name = await bucket()
    const content = pattern(4 * partSize + 1)
    await client.putObject(name, 'a', content)
    const source = { bucket: name, object: 'a' }
    const parts: number[] = []
    const sources = [{ ...source, offset: 1 }, source]
    const { etag } = await client.composeObject(name, 'b', sources, {
      partSize,
      concurrency: 2,
      onProgress: ({ part }) => parts.push(part),
    })
    expect(etag.split('-')[1]).toBe(String(parts.length))
    expect(parts.toSorted((a, b) => a - b)).toEqual(parts.map((_, index) => index + 1))
    const expected = Buffer.concat([content.subarray(1), content])
    expect(digest(await contentOf(client, name, 'b'))).toBe(digest(expected))
  })

  defineCase('makes an object out of itself and more', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'log', piece, { metadata: { a: 'b' } })
    await client.putObject(name, 'more', 'more')
    await client.composeObject(name, 'log', [
      { bucket: name, object: 'log' },
      { bucket: name, object: 'more' },
    ])
    const expected = Buffer.concat([piece, Buffer.from('more')])
    expect(digest(await contentOf(client, name, 'log'))).toBe(digest(expected))
    expect({ ...(await client.statObject(name, 'log')).metadata }).toEqual({ a: 'b' })
  })

  defineCase(
    'has metadata and tags of the first source, or its own',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', piece, {
        metadata: { a: 'ä', 'cache-control': 'no-store' },
        contentType: 'text/x-a',
        tags: { a: '1' },
      })
      await client.putObject(name, 'b', 'b', { metadata: { b: 'c' }, tags: { b: '2' } })
      const sources = [
        { bucket: name, object: 'a' },
        { bucket: name, object: 'b' },
      ]
      await client.composeObject(name, 'kept', sources)
      const kept = await client.statObject(name, 'kept')
      expect(kept).toMatchObject({ contentType: 'text/x-a', cacheControl: 'no-store' })
      expect({ ...kept.metadata }).toEqual({ a: 'ä' })
      expect({ ...(await client.getObjectTags(name, 'kept')) }).toEqual({ a: '1' })
      await client.composeObject(name, 'own', sources, {
        metadata: { d: 'e' },
        contentType: 'text/x-d',
        tags: { d: '4' },
      })
      const own = await client.statObject(name, 'own')
      expect(own).toMatchObject({ contentType: 'text/x-d', cacheControl: undefined })
      expect({ ...own.metadata }).toEqual({ d: 'e' })
      expect({ ...(await client.getObjectTags(name, 'own')) }).toEqual({ d: '4' })
    },
    { needs: ['object tagging header'] },
  )

  defineCase('refuses what does not fit, and begins nothing', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', piece)
    await client.putObject(name, 'small', 'small')
    const a = { bucket: name, object: 'a' }
    const small = { bucket: name, object: 'small' }
    const wrong: readonly (readonly [string, readonly ComposeSource[]])[] = [
      ['sources[0]', [small, a]],
      ['sources[1]', [a, { ...a, length: partSize - 1 }, a]],
      ['sources[1].offset', [a, { ...a, offset: piece.length }]],
      ['sources[0].length', [{ ...a, offset: 1, length: piece.length }, a]],
    ]
    for (const [argument, sources] of wrong) {
      const error = await rejection(client.composeObject(name, 'b', sources))
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(error).toMatchObject({ argument })
    }
    expect(await client.objectExists(name, 'b')).toBe(false)
    await expectNoUploads(client, name)
  })

  defineCase('uses sources under their conditions only', async ({ client, bucket }) => {
    const name = await bucket()
    const { etag } = await client.putObject(name, 'a', piece)
    const compose = (conditions: ComposeSource['conditions']) =>
      client.composeObject(name, 'b', [
        { bucket: name, object: 'a', conditions: { ifMatch: etag } },
        { bucket: name, object: 'a', conditions },
      ])
    expect(await refusal(compose({ ifMatch: md5('other') }))).toBe('412 PreconditionFailed')
    expect(await refusal(compose({ ifNoneMatch: etag }))).toBe('412 PreconditionFailed')
    expect(await client.objectExists(name, 'b')).toBe(false)
    await compose({ ifNoneMatch: md5('other') })
    expect((await client.statObject(name, 'b')).sizeBytes).toBe(2 * piece.length)
  })

  defineCase(
    'takes the versions that are named',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const { versionId } = await client.putObject(name, 'a', piece)
      await client.putObject(name, 'a', 'latest')
      const made = await client.composeObject(name, 'b', [
        { bucket: name, object: 'a', versionId },
        { bucket: name, object: 'a' },
      ])
      expect(made.versionId).toBe((await client.statObject(name, 'b')).versionId)
      const expected = Buffer.concat([piece, Buffer.from('latest')])
      expect(digest(await contentOf(client, name, 'b'))).toBe(digest(expected))
    },
    { needs: ['versions'] },
  )

  defineCase('says what is missing', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', piece)
    const a = { bucket: name, object: 'a' }
    const absent = { bucket: name, object: 'absent' }
    expect(await refusal(client.composeObject(name, 'b', [a, absent]))).toBe('404 NoSuchKey')
    expect(await refusal(client.composeObject(name, 'b', [absent]))).toBe('404 NoSuchKey')
    await expectNoUploads(client, name)
  })
})
