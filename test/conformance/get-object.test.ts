import { expect } from 'vitest'
import {
  InvalidArgumentError,
  type Client,
  type GetObjectOptions,
  type ObjectReader,
} from 'stowage'
import { conformance } from './harness/conformance.ts'
import {
  contentOf,
  digest,
  md5,
  mebibyte,
  partSize,
  pattern,
  refusal,
  rejection,
} from './harness/content.ts'

const content = pattern(10_000)

async function withObject(client: Client, bucket: () => Promise<string>): Promise<string> {
  const name = await bucket()
  await client.putObject(name, 'a', content, { contentType: 'text/x-a', metadata: { b: 'c' } })
  return name
}

async function piecesOf(reader: ObjectReader): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of reader) pieces.push(piece)
  return pieces
}

/** What each range is of `content`. */
const ranges: readonly (readonly [options: GetObjectOptions, start: number, end: number])[] = [
  [{}, 0, 10_000],
  [{ offset: 0, length: 0 }, 0, 10_000],
  [{ offset: 1 }, 1, 10_000],
  [{ offset: 9999 }, 9999, 10_000],
  [{ length: 1 }, 0, 1],
  [{ offset: 4321, length: 1234 }, 4321, 5555],
  [{ offset: 9000, length: 5000 }, 9000, 10_000],
  [{ offset: 0, length: 10_000 }, 0, 10_000],
  [{ suffixLength: 1 }, 9999, 10_000],
  [{ suffixLength: 10_000 }, 0, 10_000],
  [{ suffixLength: 20_000 }, 0, 10_000],
]

/** Ceph takes a delete marker for nothing at all. */
const ofMarkers = ['405 MethodNotAllowed', '404 NoSuchKey']

conformance('getObject', (defineCase) => {
  defineCase('reads ranges', async ({ client, bucket }) => {
    const name = await withObject(client, bucket)
    for (const [options, start, end] of ranges) {
      const label = JSON.stringify(options)
      const reader = await client.getObject(name, 'a', options)
      expect([reader.lengthBytes, reader.stat.sizeBytes], label).toEqual([end - start, 10_000])
      expect(digest(await reader.bytes()), label).toBe(digest(content.subarray(start, end)))
    }
  })

  defineCase('reads ranges across the parts of an upload', async ({ client, bucket }) => {
    const name = await bucket()
    const whole = pattern(11 * mebibyte)
    await client.putObject(name, 'parts', whole, { partSize })
    for (const [start, length] of [
      [partSize - 1, 2],
      [partSize, 1],
      [partSize - 10, partSize + 20],
      [2 * partSize - 1, 2],
    ] as const) {
      const part = await contentOf(client, name, 'parts', { offset: start, length })
      expect(digest(part), `${start}`).toBe(digest(whole.subarray(start, start + length)))
    }
    const tail = await contentOf(client, name, 'parts', { suffixLength: mebibyte + 1 })
    expect(digest(tail)).toBe(digest(whole.subarray(whole.length - mebibyte - 1)))
  })

  defineCase(
    'reads one part of an upload, and tells how many there are',
    async ({ client, bucket }) => {
      const name = await bucket()
      const whole = pattern(2 * partSize + 7)
      await client.putObject(name, 'parts', whole, { partSize })
      for (const [partNumber, start, end] of [
        [1, 0, partSize],
        [2, partSize, 2 * partSize],
        [3, 2 * partSize, whole.length],
      ] as const) {
        const reader = await client.getObject(name, 'parts', { partNumber })
        const { sizeBytes, partsCount } = reader.stat
        expect([reader.lengthBytes, sizeBytes, partsCount]).toEqual([end - start, whole.length, 3])
        expect(digest(await reader.bytes())).toBe(digest(whole.subarray(start, end)))
        const stat = await client.statObject(name, 'parts', { partNumber })
        expect([stat.partsCount, stat.etag]).toEqual([3, reader.stat.etag])
      }
      const missing = client.getObject(name, 'parts', { partNumber: 4 })
      expect(await refusal(missing)).toMatch(/^416 Invalid(PartNumber|Range)$/)
      expect((await client.statObject(name, 'parts')).partsCount).toBeUndefined()
    },
    { needs: ['parts of objects'] },
  )

  defineCase(
    'takes what came whole for its part 1',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const content of ['whole', '']) {
        await client.putObject(name, 'a', content)
        const read = await contentOf(client, name, 'a', { partNumber: 1 })
        expect(read.toString()).toBe(content)
      }
    },
    { needs: ['parts of objects'] },
  )

  defineCase('sends more headers and more parameters', async ({ client, bucket }) => {
    const name = await withObject(client, bucket)
    const extraQueryParams = {
      'response-content-type': 'text/x-asked',
      'response-cache-control': 'no-store; "ü"',
    }
    const reader = await client.getObject(name, 'a', { extraQueryParams })
    expect(reader.stat).toMatchObject({ contentType: 'text/x-asked' })
    expect(digest(await reader.bytes())).toBe(digest(content))
    const requestHeaders = { 'If-None-Match': `"${md5(content)}"` }
    const unchanged = client.getObject(name, 'a', { requestHeaders })
    expect(await refusal(unchanged)).toBe('304 NotModified')
  })

  defineCase('joins neighbouring ranges to the range over both', async ({ client, bucket }) => {
    const name = await withObject(client, bucket)
    const read = (start: number, end: number) =>
      contentOf(client, name, 'a', { offset: start, length: end - start })
    for (const [a, b, c] of [
      [0, 1, 10_000],
      [17, 4096, 8192],
      [5000, 9999, 10_000],
    ] as const) {
      const joined = Buffer.concat([await read(a, b), await read(b, c)])
      expect(digest(joined)).toBe(digest(await read(a, c)))
    }
  })

  defineCase('refuses ranges that are not there', async ({ client, bucket }) => {
    const name = await withObject(client, bucket)
    await client.putObject(name, 'empty', '')
    const beyond = client.getObject(name, 'a', { offset: 10_000 })
    expect(await refusal(beyond)).toBe('416 InvalidRange')
    const far = client.getObject(name, 'a', { offset: 1_000_000, length: 10 })
    expect(await refusal(far)).toBe('416 InvalidRange')
    const nothing = client.getObject(name, 'empty', { offset: 0, length: 1 })
    expect(await refusal(nothing)).toBe('416 InvalidRange')
    for (const options of [
      { offset: -1 },
      { offset: 0.5 },
      { length: Number.NaN },
      { suffixLength: 5, offset: 1 },
    ]) {
      const wrong = client.getObject(name, 'a', options)
      expect(await rejection(wrong), JSON.stringify(options)).toBeInstanceOf(InvalidArgumentError)
    }
  })

  defineCase('reads an empty object in every form', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'empty', '')
    const open = () => client.getObject(name, 'empty')
    expect((await (await open()).bytes()).length).toBe(0)
    expect(await (await open()).text()).toBe('')
    expect(await (await open()).nodeStream().toArray()).toEqual([])
    expect(await piecesOf(await open())).toEqual([])
    expect(await new Response((await open()).stream()).text()).toBe('')
    expect(await rejection((await open()).json())).toBeInstanceOf(SyntaxError)
  })

  defineCase('gives the content in every form', async ({ client, bucket }) => {
    const name = await bucket()
    const value = { city: 'Köln 😀', list: [1, null, 'x'.repeat(100_000)] }
    const text = JSON.stringify(value)
    await client.putObject(name, 'a', text)
    const open = () => client.getObject(name, 'a')
    expect(Buffer.from(await (await open()).bytes()).toString()).toBe(text)
    expect(await (await open()).text()).toBe(text)
    expect(await (await open()).json()).toEqual(value)
    expect(Buffer.concat(await (await open()).nodeStream().toArray()).toString()).toBe(text)
    expect(Buffer.concat(await piecesOf(await open())).toString()).toBe(text)
    expect(await new Response((await open()).stream()).text()).toBe(text)
  })

  defineCase('tells what statObject tells', async ({ client, bucket }) => {
    const name = await withObject(client, bucket)
    const reader = await client.getObject(name, 'a')
    expect(reader.stat).toEqual(await client.statObject(name, 'a'))
    expect(reader.stat).toMatchObject({ etag: md5(content), contentType: 'text/x-a' })
    reader.cancel()
  })

  defineCase('stops where the caller does', async ({ client, bucket }) => {
    const name = await bucket()
    const whole = pattern(11 * mebibyte)
    await client.putObject(name, 'a', whole)
    const cancelled = await client.getObject(name, 'a')
    await cancelled.read()
    cancelled.cancel()
    let read = 0
    for await (const chunk of await client.getObject(name, 'a')) {
      read += chunk.length
      if (read > 0) break
    }
    expect(read).toBeLessThan(whole.length)
    const stream = (await client.getObject(name, 'a')).stream().getReader()
    await stream.read()
    await stream.cancel()
    const reason = new Error('enough')
    const controller = new AbortController()
    const aborted = await client.getObject(name, 'a', { signal: controller.signal })
    await aborted.read()
    controller.abort(reason)
    expect(await rejection(aborted.nodeStream().toArray())).toBe(reason)
    expect(digest(await contentOf(client, name, 'a'))).toBe(digest(whole))
  })

  defineCase('reads under conditions only', async ({ client, bucket }) => {
    const name = await withObject(client, bucket)
    const { etag = '', lastModified = new Date(0) } = await client.statObject(name, 'a')
    const before = new Date(lastModified.getTime() - 60_000)
    const get = (conditions: GetObjectOptions['conditions']) =>
      contentOf(client, name, 'a', { conditions })
    const holding: readonly GetObjectOptions['conditions'][] = [
      { ifMatch: etag },
      { ifMatch: `"${etag}"` },
      { ifNoneMatch: md5('other') },
      { ifModifiedSince: before },
      { ifUnmodifiedSince: lastModified },
      // RFC 9110, 13.2.2: with an ETag, the date is not looked at.
      { ifMatch: etag, ifUnmodifiedSince: before },
      { ifNoneMatch: md5('other'), ifModifiedSince: lastModified },
    ]
    for (const conditions of holding) {
      expect(digest(await get(conditions)), JSON.stringify(conditions)).toBe(digest(content))
    }
    expect(await refusal(get({ ifMatch: md5('other') }))).toBe('412 PreconditionFailed')
    expect(await refusal(get({ ifUnmodifiedSince: before }))).toBe('412 PreconditionFailed')
    expect(await refusal(get({ ifNoneMatch: etag }))).toBe('304 NotModified')
    expect(await refusal(get({ ifModifiedSince: lastModified }))).toBe('304 NotModified')
  })

  defineCase(
    'reads whatever there is, under a condition for anything',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'hello')
      const conditions = { ifMatch: '*' }
      expect((await contentOf(client, name, 'a', { conditions })).toString()).toBe('hello')
    },
    { needs: ['any ETag'] },
  )

  defineCase(
    'reads the version that is asked for',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'null')
      await client.enableBucketVersioning(name)
      const first = await client.putObject(name, 'a', 'first')
      const second = await client.putObject(name, 'a', 'second')
      const marker = await client.removeObject(name, 'a')
      const read = async (versionId: string | undefined) =>
        (await contentOf(client, name, 'a', { versionId })).toString()
      expect(await read('null')).toBe('null')
      expect(await read(first.versionId)).toBe('first')
      expect(await read(second.versionId)).toBe('second')
      expect(await refusal(read(undefined))).toBe('404 NoSuchKey')
      expect(ofMarkers).toContain(await refusal(read(marker.versionId)))
      // Another object's id has the form of one, and names no version of this.
      const other = await client.putObject(name, 'b', 'other')
      expect(await refusal(read(other.versionId))).toMatch(/^404 NoSuch(Version|Key)$/)
    },
    { needs: ['versions'] },
  )

  defineCase('tells a missing object from a missing bucket', async ({ client, bucket }) => {
    const name = await bucket()
    expect(await refusal(client.getObject(name, 'absent'))).toBe('404 NoSuchKey')
    await client.removeBucket(name)
    expect(await refusal(client.getObject(name, 'absent'))).toBe('404 NoSuchBucket')
  })
})
