import { Readable } from 'node:stream'
import { expect } from 'vitest'
import { IntegrityError, InvalidArgumentError, type ObjectData, type Progress } from 'stowage'
import { conformance } from './harness/conformance.ts'
import {
  contentOf,
  digest,
  keysOf,
  md5,
  mebibyte,
  partSize,
  pattern,
  refusal,
  rejection,
} from './harness/content.ts'

const bytes = pattern(70_000)

function* pieces(content: Uint8Array, pieceBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += pieceBytes) {
    yield content.subarray(at, at + pieceBytes)
  }
}

async function* asyncPieces(content: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (const piece of pieces(content, pieceBytes)) {
    await Promise.resolve()
    yield piece
  }
}

/** Every kind of source, over the same bytes. */
const sources: Record<string, (content: Buffer) => ObjectData> = {
  bytes: (content) => content,
  'a view into a larger buffer': (content) =>
    Buffer.concat([Buffer.alloc(3, 1), content, Buffer.alloc(5, 2)]).subarray(
      3,
      3 + content.length,
    ),
  'an ArrayBuffer': (content) => new Uint8Array(content).buffer,
  'a Blob': (content) => new Blob([new Uint8Array(content)]),
  'a Node stream': (content) => Readable.from(pieces(content, 10_007)),
  'a web stream': (content) => new Blob([new Uint8Array(content)]).stream(),
  'an iterable': (content) => [...pieces(content, 9973)],
  'a generator': (content) => pieces(content, 4096),
  'an async generator': (content) => asyncPieces(content, 65_536),
  'the body of a Response': (content) =>
    new Response(new Uint8Array(content)).body ?? expect.unreachable(),
}

async function* failing(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* asyncPieces(content, 65_536)
  throw new RangeError('the source broke')
}

conformance('putObject', (defineCase) => {
  defineCase('takes every kind of source', async ({ client, bucket }) => {
    const name = await bucket()
    for (const [kind, open] of Object.entries(sources)) {
      const { etag } = await client.putObject(name, kind, open(bytes))
      expect(etag, kind).toBe(md5(bytes))
      expect(digest(await contentOf(client, name, kind)), kind).toBe(digest(bytes))
    }
  })

  defineCase('counts the bytes of text, not its characters', async ({ client, bucket }) => {
    const name = await bucket()
    const text = 'größer, 汉字, 😀'
    await client.putObject(name, 'text', text, { length: Buffer.byteLength(text) })
    await client.putObject(name, 'texts', ['größer, ', '汉字, ', '😀'])
    expect((await contentOf(client, name, 'text')).toString()).toBe(text)
    expect((await contentOf(client, name, 'texts')).toString()).toBe(text)
    const wrong = client.putObject(name, 'other', text, { length: text.length })
    expect(await rejection(wrong)).toBeInstanceOf(InvalidArgumentError)
  })

  defineCase('stores the sizes at the edges of a part', async ({ client, bucket }) => {
    const name = await bucket()
    const sizes = [0, 1, partSize - 1, partSize, partSize + 1, 2 * partSize, 11 * mebibyte]
    for (const size of sizes) {
      const content = pattern(size, size % 7)
      const { etag } = await client.putObject(name, 'sized', content, { partSize })
      const parts = Math.ceil(size / partSize)
      expect(etag.endsWith(`-${parts}`), `${size}`).toBe(parts > 1)
      const stat = await client.statObject(name, 'sized')
      expect([stat.sizeBytes, stat.etag]).toEqual([size, etag])
      expect(digest(await contentOf(client, name, 'sized')), `${size}`).toBe(digest(content))
    }
  })

  defineCase('stores streams whose length nobody knows', async ({ client, bucket }) => {
    const name = await bucket()
    for (const size of [0, 1, partSize, partSize + 1, 2 * partSize]) {
      const content = pattern(size)
      const stream = Readable.from(pieces(content, 300_007))
      const { etag } = await client.putObject(name, 'sized', stream, { partSize })
      // Exactly full parts gain no empty one behind them.
      const parts = Math.ceil(size / partSize)
      expect(/-(\d+)$/.exec(etag)?.[1], `${size}`).toBe(parts > 1 ? `${parts}` : undefined)
      expect(digest(await contentOf(client, name, 'sized')), `${size}`).toBe(digest(content))
    }
  })

  defineCase('keeps user metadata', async ({ client, bucket }) => {
    const name = await bucket()
    const metadata = {
      Camera: 'Leica',
      'X-Amz-Meta-Ready': 'as it is',
      'amz-meta-odd': 'odd',
      city: 'Köln, 東京 😀',
      spaced: '  two before, one behind ',
      empty: '',
      encoded: '=?UTF-8?B?bm90IGVuY29kZWQ=?=',
      ['__proto__']: 'a name like any other',
    }
    await client.putObject(name, 'a', 'a', { metadata })
    await client.putObject(name, 'parts', pattern(partSize + 1), { metadata, partSize })
    for (const object of ['a', 'parts']) {
      const stat = await client.statObject(name, object)
      expect({ ...stat.metadata }, object).toEqual({
        camera: 'Leica',
        ready: 'as it is',
        'amz-meta-odd': 'odd',
        city: metadata.city,
        spaced: metadata.spaced,
        empty: '',
        encoded: metadata.encoded,
        ['__proto__']: 'a name like any other',
      })
    }
  })

  defineCase(
    'surfaces that there is too much metadata, and stores nothing',
    async ({ client, bucket }) => {
      const name = await bucket()
      const metadata = { a: 'x'.repeat(1024), b: 'y'.repeat(1025) }
      const whole = client.putObject(name, 'a', 'a', { metadata })
      expect(await refusal(whole)).toBe('400 MetadataTooLarge')
      const parts = client.putObject(name, 'a', pattern(partSize + 1), { metadata, partSize })
      expect(await refusal(parts)).toBe('400 MetadataTooLarge')
      expect(await keysOf(client, name)).toEqual([])
      await client.putObject(name, 'a', 'a', { metadata: { a: 'x'.repeat(1024) } })
      expect((await client.statObject(name, 'a')).metadata).toEqual({ a: 'x'.repeat(1024) })
    },
    { needs: ['bounded metadata'] },
  )

  defineCase('passes well-known headers as they are', async ({ client, bucket }) => {
    const name = await bucket()
    const metadata = {
      'Cache-Control': 'max-age=60',
      'content-disposition': 'attachment; filename="a.txt"',
      'content-encoding': 'x-own',
      'content-language': 'de',
      expires: 'Wed, 21 Oct 2065 07:28:00 GMT',
      'content-type': 'text/x-metadata',
    }
    await client.putObject(name, 'a', 'a', { metadata })
    const stat = await client.statObject(name, 'a')
    expect(stat).toMatchObject({
      cacheControl: 'max-age=60',
      contentDisposition: 'attachment; filename="a.txt"',
      contentEncoding: 'x-own',
      contentLanguage: 'de',
      expires: 'Wed, 21 Oct 2065 07:28:00 GMT',
      contentType: 'text/x-metadata',
    })
    expect({ ...stat.metadata }).toEqual({})
  })

  defineCase('gives a content type, or octets by default', async ({ client, bucket }) => {
    const name = await bucket()
    const contentType = 'text/plain; charset=utf-8'
    await client.putObject(name, 'none', 'a')
    await client.putObject(name, 'text', 'a', { contentType })
    await client.putObject(name, 'parts', pattern(partSize + 1), { contentType, partSize })
    const types = [
      await client.statObject(name, 'none'),
      await client.statObject(name, 'text'),
      await client.statObject(name, 'parts'),
    ].map((stat) => stat.contentType)
    expect(types).toEqual(['application/octet-stream', contentType, contentType])
  })

  defineCase(
    'tags what it stores',
    async ({ client, bucket }) => {
      const name = await bucket()
      const tags = { 'a b': 'c+d', 'e/f': 'g@h', empty: '', ключ: 'значение' }
      await client.putObject(name, 'a', 'a', { tags })
      expect({ ...(await client.getObjectTags(name, 'a')) }).toEqual(tags)
      expect((await client.statObject(name, 'a')).tagCount).toBe(4)
    },
    { needs: ['object tagging header'] },
  )

  defineCase(
    'tags what it stores in parts',
    async ({ client, bucket }) => {
      const name = await bucket()
      const tags = { 'a b': 'c+d', ключ: 'значение' }
      await client.putObject(name, 'a', pattern(partSize + 1), { tags, partSize })
      expect({ ...(await client.getObjectTags(name, 'a')) }).toEqual(tags)
      expect((await client.statObject(name, 'a')).tagCount).toBe(2)
    },
    { needs: ['object tagging header', 'tags of uploads in parts'] },
  )

  defineCase(
    'keeps the storage class',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'cold', 'a', { storageClass: 'STANDARD_IA' })
      await client.putObject(name, 'usual', 'a')
      expect((await client.statObject(name, 'cold')).storageClass).toBe('STANDARD_IA')
      expect([undefined, 'STANDARD']).toContain(
        (await client.statObject(name, 'usual')).storageClass,
      )
    },
    { needs: ['storage classes'] },
  )

  defineCase(
    'writes under conditions only',
    async ({ client, bucket }) => {
      const name = await bucket()
      const put = (content: ObjectData, conditions: { ifMatch?: string; ifNoneMatch?: string }) =>
        client.putObject(name, 'a', content, { conditions, partSize })
      expect(await refusal(put('no', { ifMatch: md5('no') }))).toBe('404 NoSuchKey')
      const first = await put('first', { ifNoneMatch: '*' })
      expect(await refusal(put('second', { ifNoneMatch: '*' }))).toBe('412 PreconditionFailed')
      const parts = pattern(partSize + 1)
      expect(await refusal(put(parts, { ifNoneMatch: '*' }))).toBe('412 PreconditionFailed')
      expect(await refusal(put('third', { ifMatch: md5('other') }))).toBe('412 PreconditionFailed')
      expect((await contentOf(client, name, 'a')).toString()).toBe('first')
      const second = await put(parts, { ifMatch: first.etag })
      expect(await refusal(put('late', { ifMatch: first.etag }))).toBe('412 PreconditionFailed')
      expect((await client.statObject(name, 'a')).etag).toBe(second.etag)
      expect(await client.listIncompleteUploads(name).toArray()).toEqual([])
    },
    { needs: ['conditional writes', 'conditional replacement'] },
  )

  defineCase(
    'lets one of several writers win',
    async ({ client, bucket }) => {
      const name = await bucket()
      const conditions = { ifNoneMatch: '*' }
      const put = (content: string) => client.putObject(name, 'a', content, { conditions })
      const results = await Promise.allSettled(['1', '2', '3', '4', '5'].map(put))
      const won = results.filter(({ status }) => status === 'fulfilled')
      expect(won).toHaveLength(1)
      const winner = results.findIndex(({ status }) => status === 'fulfilled')
      expect((await contentOf(client, name, 'a')).toString()).toBe(`${winner + 1}`)
    },
    { needs: ['conditional writes'] },
  )

  defineCase('stores nothing when the length is wrong', async ({ client, bucket }) => {
    const name = await bucket()
    const small = pattern(1000)
    const large = pattern(partSize + 1000)
    for (const content of [small, large]) {
      for (const length of [content.length - 1, content.length + 1]) {
        const put = client.putObject(name, 'a', asyncPieces(content, 400), { length, partSize })
        expect(await rejection(put), `${length}`).toBeInstanceOf(IntegrityError)
      }
    }
    expect(await keysOf(client, name)).toEqual([])
    expect(await client.listIncompleteUploads(name).toArray()).toEqual([])
    await client.putObject(name, 'a', asyncPieces(large, 400_000), {
      length: large.length,
      partSize,
    })
    expect(digest(await contentOf(client, name, 'a'))).toBe(digest(large))
  })

  defineCase('stores nothing when the source breaks', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'old', 'stays')
    for (const size of [10, partSize + 10]) {
      const put = client.putObject(name, 'old', failing(pattern(size)), { partSize })
      expect(await rejection(put)).toBeInstanceOf(RangeError)
    }
    const dead = new Readable({ read: () => undefined }).destroy()
    expect(await rejection(client.putObject(name, 'old', dead))).toBeInstanceOf(Error)
    expect((await contentOf(client, name, 'old')).toString()).toBe('stays')
    expect(await client.listIncompleteUploads(name).toArray()).toEqual([])
  })

  defineCase('stores nothing when the caller gives up', async ({ client, bucket }) => {
    const name = await bucket()
    const reason = new Error('enough')
    const controller = new AbortController()
    async function* source(): AsyncGenerator<Uint8Array> {
      yield pattern(partSize + 1)
      controller.abort(reason)
      yield pattern(partSize)
    }
    const { signal } = controller
    const put = client.putObject(name, 'a', source(), { partSize, signal })
    expect(await rejection(put)).toBe(reason)
    expect(await keysOf(client, name)).toEqual([])
    expect(await client.listIncompleteUploads(name).toArray()).toEqual([])
  })

  defineCase('tells how far it is', async ({ client, bucket }) => {
    const name = await bucket()
    const content = pattern(11 * mebibyte)
    const told: Progress[] = []
    const onProgress = (progress: Progress): number => told.push(progress)
    await client.putObject(name, 'a', content, { partSize, onProgress })
    const counts = told.map(({ transferred }) => transferred)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(counts.at(-1)).toBe(content.length)
    expect(told.every(({ total }) => total === content.length)).toBe(true)
    expect(told.map(({ part }) => part).toSorted((a, b) => a - b)).toEqual([1, 2, 3])
    told.length = 0
    await client.putObject(name, 'b', 'small', { onProgress })
    expect(told).toEqual([{ transferred: 5, total: 5, part: 1 }])
  })

  defineCase('refuses a bucket that is not there', async ({ client, bucket }) => {
    const name = await bucket()
    await client.removeBucket(name)
    expect(await refusal(client.putObject(name, 'a', 'a'))).toBe('404 NoSuchBucket')
    const parts = client.putObject(name, 'a', pattern(partSize + 1), { partSize })
    expect(await refusal(parts)).toBe('404 NoSuchBucket')
  })
})
