import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import { sseC } from '../../src/request/sse.ts'
import type { ComposeObjectOptions, ComposeSource } from '../../src/transfer/compose-object.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte, partBytes } from '../support/content.ts'
import { withoutLeaks } from '../support/leaks.ts'
import { PartStore, storeError, type Trouble } from '../support/part-store.ts'

const gibibyte = 1024 * mebibyte

async function using(test: (client: Client, store: PartStore) => Promise<void>): Promise<void> {
  await using store = await PartStore.start()
  const client = clientOf(store.endpoint, { retry: { maxAttempts: 1 } })
  await withoutLeaks(store, client, () => test(client, store))
}

const of = (object: string, piece: Partial<ComposeSource> = {}): ComposeSource => ({
  bucket: 'bkt',
  object,
  ...piece,
})

const compose = (
  client: Client,
  sources: readonly ComposeSource[],
  options: ComposeObjectOptions = {},
): ReturnType<Client['composeObject']> => client.composeObject('bkt', 'k', sources, options)

/** Nothing was begun, let alone changed. */
function expectUntouched(store: PartStore): void {
  expect(store.seen.filter(({ action }) => action !== 'head')).toEqual([])
}

function copiedRanges(store: PartStore): unknown[] {
  return (store.objects.get('/bkt/k')?.parts ?? []).map(({ copied }) => copied)
}

describe('composing', () => {
  it('puts the bytes of the sources one behind the other', () =>
    using(async (client, store) => {
      const content = contentOf(3 * partBytes)
      store.place('/bkt/a', content)
      store.place('/bkt/b', content.subarray(100, partBytes + 200))
      const sources = [
        of('a', { offset: 1, length: partBytes }),
        of('b'),
        of('a', { offset: partBytes, length: partBytes + 9 }),
        of('a', { offset: 3, length: 1 }),
      ]
      const { etag } = await compose(client, sources)
      const object = store.objects.get('/bkt/k')
      expect(object?.etag).toBe(etag)
      const expected = Buffer.concat([
        content.subarray(1, 1 + partBytes),
        content.subarray(100, partBytes + 200),
        content.subarray(partBytes, 2 * partBytes + 9),
        content.subarray(3, 4),
      ])
      expect(object?.bytes.equals(expected)).toBe(true)
      const ranges = store.of('part').map(({ headers }) => headers['x-amz-copy-source-range'])
      expect(ranges.filter((range) => range === undefined)).toHaveLength(1)
    }))

  it('of one whole source is a copy', () =>
    using(async (client, store) => {
      const { etag } = store.place('/bkt/a', contentOf(10))
      expect(await compose(client, [of('a', { offset: 0 })])).toEqual({
        etag,
        checksums: {},
      })
      expect(store.seen.map(({ action }) => action)).toEqual(['copy'])
    }))

  it('of a part of one source is an upload of one part', () =>
    using(async (client, store) => {
      store.place('/bkt/a', contentOf(10))
      await compose(client, [of('a', { offset: 2, length: 3 })])
      expect(copiedRanges(store)).toEqual([['/bkt/a', 2, 4]])
    }))

  it('cuts what is too large for one part', () =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', 6 * gibibyte)
      store.placeHollow('/bkt/b', partBytes)
      await compose(client, [of('a'), of('b'), of('a', { offset: 5 })], { partSize: 5 * gibibyte })
      expect(copiedRanges(store)).toEqual([
        ['/bkt/a', 0, 3 * gibibyte - 1],
        ['/bkt/a', 3 * gibibyte, 6 * gibibyte - 1],
        ['/bkt/b', 0, partBytes - 1],
        ['/bkt/a', 5, 5 * gibibyte + 4],
        ['/bkt/a', 5 * gibibyte + 5, 6 * gibibyte - 1],
      ])
    }))

  it('takes an empty source at the end, alone or behind others', () =>
    using(async (client, store) => {
      store.place('/bkt/empty', Buffer.alloc(0))
      store.placeHollow('/bkt/a', partBytes)
      await compose(client, [of('empty')])
      expect(store.objects.get('/bkt/k')?.sizeBytes).toBe(0)
      await compose(client, [of('a'), of('empty')])
      expect(copiedRanges(store)).toEqual([['/bkt/a', 0, partBytes - 1]])
    }))

  it('copies so many at a time', () =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', partBytes)
      const sources = Array.from({ length: 200 }, () => of('a'))
      await compose(client, sources, { concurrency: 7 })
      expect(store.mostAtOnce).toBeLessThanOrEqual(7)
      expect(copiedRanges(store)).toHaveLength(200)
    }))

  it('takes metadata and tags from the first source', () =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', partBytes, { 'x-amz-meta-a': '1', 'content-type': 'text/x-a' })
      store.placeHollow('/bkt/b', partBytes, { 'x-amz-meta-b': '2', 'content-type': 'text/x-b' })
      const tag = '<Tag><Key>a</Key><Value>1</Value></Tag>'
      store.tags.set('/bkt/a', `<Tagging><TagSet>${tag}</TagSet></Tagging>`)
      await compose(client, [of('a'), of('b')])
      const headers = store.of('initiate')[0]?.headers
      expect(headers).toMatchObject({
        'x-amz-meta-a': '1',
        'content-type': 'text/x-a',
        'x-amz-tagging': 'a=1',
      })
      expect(headers).not.toHaveProperty('x-amz-meta-b')
    }))

  it('is encrypted like the source that is encrypted best', () =>
    using(async (client, store) => {
      const sse = 'x-amz-server-side-encryption'
      const kms = { [sse]: 'aws:kms', [`${sse}-aws-kms-key-id`]: 'the-key' }
      store.placeHollow('/bkt/a', partBytes, { [sse]: 'AES256' })
      store.placeHollow('/bkt/b', partBytes, kms)
      store.placeHollow('/bkt/c', partBytes)
      await compose(client, [of('c'), of('a'), of('b'), of('a')])
      expect(store.of('initiate')[0]?.headers).toMatchObject(kms)
    }))

  it('brings the key of each source, and that of the target', () =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', partBytes)
      store.placeHollow('/bkt/b', partBytes)
      const [first, second, sse] = [1, 2, 3].map((fill) => sseC(Buffer.alloc(32, fill)))
      const sources = [of('a', { sourceSse: first }), of('b', { sourceSse: second })]
      await compose(client, [...sources, of('b')], { sse })
      const parts = store.of('part').sort((one, two) => one.partNumber - two.partNumber)
      expect(parts[0]?.headers).toMatchObject({ ...first?.copySourceHeaders(), ...sse?.headers() })
      expect(parts[1]?.headers).toMatchObject({ ...second?.copySourceHeaders(), ...sse?.headers() })
      expect(Object.keys(parts[2]?.headers ?? {}).join()).not.toContain('copy-source-server-side')
      expect(
        store
          .of('head')
          .slice(0, 2)
          .map(({ headers }) => headers),
      ).toMatchObject([first?.headers(), second?.headers()])
    }))
})

describe('what cannot be composed is refused before anything is begun', () => {
  it.each<[string, ComposeSource[], string, ComposeObjectOptions?]>([
    ['a small source that is not the last', [of('a'), of('small'), of('a')], 'sources[1]'],
    ['a small piece', [of('a', { length: partBytes - 1 }), of('a')], 'sources[0]'],
    ['an empty source that is not the last', [of('empty'), of('a')], 'sources[0]'],
    ['an offset beyond the end', [of('a'), of('a', { offset: partBytes })], 'sources[1].offset'],
    ['an offset in an empty source', [of('a'), of('empty', { offset: 1 })], 'sources[1].offset'],
    ['a length beyond the end', [of('a', { offset: 1, length: partBytes })], 'sources[0].length'],
    ['a length of an empty source', [of('empty', { length: 1 })], 'sources[0].length'],
    ['more than an object may have', [of('huge'), of('a')], 'sources'],
    ['more parts than there may be', [of('large'), of('a')], 'partSize', { partSize: partBytes }],
  ])('%s', (_name, sources, argument, options) =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', partBytes)
      store.place('/bkt/small', contentOf(partBytes - 1))
      store.place('/bkt/empty', Buffer.alloc(0))
      store.placeHollow('/bkt/huge', 10_000 * 5 * gibibyte)
      store.placeHollow('/bkt/large', 10_000 * partBytes + 1)
      expect(await failureOf(compose(client, sources, options))).toMatchObject({
        name: 'InvalidArgumentError',
        argument,
      })
      expectUntouched(store)
    }),
  )

  it('a source that is missing', () =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', partBytes)
      const failure = await failureOf(compose(client, [of('a'), of('none'), of('a')]))
      expect(failure).toMatchObject({ code: 'NoSuchKey', key: 'none' })
      expectUntouched(store)
    }))
})

describe('what happens meanwhile', () => {
  it('to a source ends it', () =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', partBytes)
      store.placeHollow('/bkt/b', partBytes)
      store.mischief = ({ action }) => {
        if (action === 'initiate') store.placeHollow('/bkt/b', partBytes + 1)
        return undefined
      }
      const failure = await failureOf(compose(client, [of('a'), of('b')]))
      expect(failure).toMatchObject({ code: 'PreconditionFailed' })
      expect(store.uploads.size).toBe(0)
      expect(store.objects.has('/bkt/k')).toBe(false)
    }))

  it('to a store, too', () =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', partBytes)
      store.mischief = ({ action, partNumber }) =>
        action === 'part' && partNumber === 2 ? storeError(403, 'AccessDenied') : undefined
      const failure = await failureOf(compose(client, [of('a'), of('a'), of('a')]))
      expect(failure).toMatchObject({ code: 'AccessDenied', operation: 'UploadPartCopy' })
      expect(store.uploads.size).toBe(0)
    }))

  it('an abort ends the questions for sizes as well', () =>
    using(async (client, store) => {
      store.placeHollow('/bkt/a', partBytes)
      const controller = new AbortController()
      const reason = new Error('enough')
      store.mischief = async ({ isCut }): Promise<Trouble> => {
        controller.abort(reason)
        while (!isCut()) await new Promise((resolve) => setTimeout(resolve, 1))
        return 'cut'
      }
      const sources = Array.from({ length: 20 }, () => of('a'))
      const { signal } = controller
      expect(await failureOf(compose(client, sources, { signal }))).toBe(reason)
      expect(store.of('head').length).toBeLessThanOrEqual(4)
      expectUntouched(store)
    }))
})
