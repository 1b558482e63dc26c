import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import type { ObjectData } from '../../src/request/source-body.ts'
import { clientOf } from '../support/assembled.ts'
import { contentOf, mebibyte, partBytes, piecesOf } from '../support/content.ts'
import { withoutLeaks } from '../support/leaks.ts'
import { PartStore } from '../support/part-store.ts'

const oddBytes = 100_003

async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (const piece of piecesOf(bytes, oddBytes)) {
    await Promise.resolve()
    yield piece
  }
}

function text(bytes: Buffer): string {
  return bytes.toString('hex').slice(0, bytes.length)
}

type Make = (bytes: Buffer) => ObjectData
const kinds: Readonly<Record<string, Make>> = {
  text,
  bytes: (bytes) => bytes,
  'an ArrayBuffer': (bytes) => Uint8Array.from(bytes).buffer,
  'a Blob': (bytes) => new Blob([new Uint8Array(bytes)]),
  'a stream of Node': (bytes) => Readable.from(piecesOf(bytes, oddBytes)),
  'a web stream': (bytes) => ReadableStream.from(slowly(bytes)),
  'the stream of a Blob': (bytes) => new Blob([new Uint8Array(bytes)]).stream(),
  'a generator': (bytes) => piecesOf(bytes, oddBytes),
  'an async generator': slowly,
  'one piece': (bytes) => [bytes],
}

const sizes: readonly number[] = [
  0,
  1,
  partBytes - 1,
  partBytes,
  partBytes + 1,
  2 * partBytes,
  11 * mebibyte,
]

async function using(test: (client: Client, store: PartStore) => Promise<void>): Promise<void> {
  await using store = await PartStore.start()
  const client = clientOf(store.endpoint)
  await withoutLeaks(store, client, () => test(client, store))
}

/** The sizes that an object of so many bytes has to arrive in: no gap, no empty last part. */
function expectedParts(sizeBytes: number): number[] {
  if (sizeBytes <= partBytes) return []
  const full = Math.ceil(sizeBytes / partBytes) - 1
  return [...Array.from({ length: full }, () => partBytes), sizeBytes - full * partBytes]
}

async function prove(make: Make, sizeBytes: number, known: boolean): Promise<void> {
  await using(async (client, store) => {
    const content = contentOf(sizeBytes)
    const expected = make === text ? Buffer.from(text(content)) : content
    const options = { partSize: partBytes, length: known ? sizeBytes : undefined }
    const { etag } = await client.putObject('bkt', 'k', make(content), options)
    const stored = store.objects.get('/bkt/k')
    expect(stored?.bytes.equals(expected)).toBe(true)
    expect(stored?.etag).toBe(etag)
    const parts = store.of('part').sort((a, b) => a.partNumber - b.partNumber)
    expect(parts.map(({ body }) => body.length)).toEqual(expectedParts(sizeBytes))
    expect(parts.map(({ partNumber }) => partNumber)).toEqual(parts.map((_, index) => index + 1))
    const one = sizeBytes <= partBytes
    expect(store.of('put')).toHaveLength(one ? 1 : 0)
    expect(store.seen).toHaveLength(one ? 1 : parts.length + 2)
    expect(store.uploads.size).toBe(0)
  })
}

describe.each(Object.entries(kinds))('%s', (_kind, make) => {
  it.each(sizes)('of %i bytes arrives whole, in parts without gaps', async (sizeBytes) => {
    await prove(make, sizeBytes, false)
  })

  it.each(sizes)('of %i bytes, said beforehand, does as well', async (sizeBytes) => {
    await prove(make, sizeBytes, true)
  })
})

describe.each(Object.entries(kinds))('%s of 65 MiB', (_kind, make) => {
  it.each([false, true])(
    'arrives whole (length said: %s)',
    async (known) => prove(make, 65 * mebibyte, known),
    60_000,
  )
})

describe('pieces', () => {
  it('of one byte', async () => {
    for (const size of [3, partBytes + 2]) {
      await prove((bytes) => piecesOf(bytes, 1), size, false)
    }
    await prove((bytes) => Readable.from(piecesOf(bytes, 1)), 10_000, true)
  })

  it('without a byte, before, between and behind', async () => {
    const empty = new Uint8Array(0)
    const make: Make = (bytes) =>
      (function* () {
        for (const piece of piecesOf(bytes, mebibyte)) yield* [empty, empty, piece, empty]
      })()
    for (const known of [true, false]) await prove(make, 2 * partBytes, known)
  })

  it('that are used again by their source once it is asked for more', async () => {
    const make: Make = (bytes) =>
      (function* () {
        const buffer = Buffer.alloc(oddBytes)
        for (const piece of piecesOf(bytes, oddBytes)) {
          buffer.set(piece)
          yield buffer.subarray(0, piece.length)
        }
      })()
    await prove(make, 2 * partBytes + 7, false)
  })

  it('by promises of another realm', async () => {
    // What tests of others run in: their Promise is not the one of Node's streams.
    const make: Make = (bytes) => {
      const pieces = piecesOf(bytes, oddBytes)
      const next = (): PromiseLike<IteratorResult<Uint8Array>> => {
        const step = pieces.next()
        // oxlint-disable-next-line unicorn/no-thenable -- that is the point
        return { then: (resolve, reject) => Promise.resolve(step).then(resolve, reject) }
      }
      // The types know no other promises.
      return { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<Uint8Array>
    }
    await prove(make, partBytes + 1, false)
  })
})
