import { openAsBlob } from 'node:fs'
import { open, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import type { ObjectData } from '../../src/request/source-body.ts'
import { BufferPool } from '../../src/transfer/buffer-pool.ts'
import { FileSource } from '../../src/transfer/file-source.ts'
import { partSizeFor } from '../../src/transfer/part-sizes.ts'
import type { PutObjectOptions } from '../../src/transfer/put-object.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { mebibyte } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { isPatternAt, patternOf } from '../support/pattern.ts'
import { chunksOf, droppingStore, stubDispatcher } from '../support/stub-dispatcher.ts'

const gibibyte = 1024 * mebibyte
const tebibyte = 1024 * gibibyte
const endpoint = 'http://127.0.0.1:1'
const pieceBytes = 100_003

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let largeFile = ''

/** Blocks written as they are: no holes, which read faster than files do. */
async function writePattern(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'w')
  for (const piece of patternOf(sizeBytes, mebibyte)) await file.write(piece)
  await file.close()
}

beforeAll(async () => {
  folder = await temporaryFolder()
  largeFile = join(folder.path, 'large')
  await writePattern(largeFile, gibibyte)
})
afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

async function* slowly(sizeBytes: number): AsyncGenerator<Uint8Array> {
  yield* patternOf(sizeBytes, pieceBytes)
}

type Put = (client: Client, sizeBytes: number, options: PutObjectOptions) => Promise<unknown>
const putData =
  (make: (sizeBytes: number) => Promise<ObjectData> | ObjectData): Put =>
  async (client, sizeBytes, options) =>
    client.putObject('bkt', 'k', await make(sizeBytes), options)

const kinds: Readonly<Record<string, Put>> = {
  'a stream of Node': putData((size) => Readable.from(patternOf(size, pieceBytes))),
  'a web stream': putData((size) => ReadableStream.from(slowly(size))),
  'a generator': putData((size) => patternOf(size, pieceBytes)),
  'an async generator': putData(slowly),
}
const ofFiles: Readonly<Record<string, Put>> = {
  'a file': (client, _size, options) => client.fPutObject('bkt', 'k', largeFile, options),
  'a file in one part': (client, _size, options) =>
    client.fPutObject('bkt', 'k', largeFile, { ...options, partSize: 5 * gibibyte }),
  'a Blob of a file': putData(() => openAsBlob(largeFile)),
}

/** The sizes of the parts in the order of their numbers: from 1, none missing. */
function sizesOf(parts: ReadonlyMap<number, number>): number[] {
  return Array.from({ length: parts.size }, (_, index) => parts.get(index + 1) ?? Number.NaN)
}

describe('1 GiB', () => {
  async function prove(put: Put, partBytes: number, options: PutObjectOptions): Promise<void> {
    const wrong: number[] = []
    const { sent, dispatcher } = droppingStore(async (partNumber, body) => {
      let at = (partNumber - 1) * partBytes
      for await (const chunk of chunksOf(body)) {
        if (!isPatternAt(at, chunk)) wrong.push(at)
        at += chunk.length
      }
    })
    const payloadSigning = options.length === undefined ? 'auto' : 'never'
    await put(clientOf(endpoint, { dispatcher, payloadSigning }), gibibyte, options)
    const sizes = sizesOf(sent.parts)
    expect(wrong).toEqual([])
    expect(sizes).toEqual(Array.from({ length: gibibyte / partBytes }, () => partBytes))
    expect(sent.completed).toBe(sizes.length === 1 ? 0 : sizes.length)
  }

  it.each(Object.entries(kinds))(
    'of %s arrives whole',
    async (_kind, put) => {
      await prove(put, 8 * mebibyte, {})
      await prove(put, 16 * mebibyte, { length: gibibyte })
    },
    120_000,
  )

  it.each(Object.entries(ofFiles))(
    'of %s arrives whole',
    async (kind, put) => {
      await prove(put, kind === 'a file in one part' ? gibibyte : 16 * mebibyte, {})
    },
    120_000,
  )

  // A string cannot be so long: V8 ends them at half of it.
  it('of bytes and of an ArrayBuffer arrives whole', async () => {
    const bytes = new Uint8Array(gibibyte)
    const file = await open(largeFile)
    await file.read(bytes, 0, gibibyte, 0)
    await file.close()
    for (const data of [bytes, bytes.buffer]) {
      const put = putData(() => data)
      await prove(put, 16 * mebibyte, {})
      await prove(put, 16 * mebibyte, { length: gibibyte })
    }
  }, 120_000)

  it('comes down into a file as it is', async () => {
    const dispatcher = stubDispatcher(({ method, range }) => {
      const [, start = 0, end = 0] = (/^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []).map(Number)
      const headers = { etag: '"opaque"', 'content-length': String(gibibyte) }
      if (method === 'HEAD') return { headers }
      const contentRange = `bytes ${start}-${end}/${gibibyte}`
      return {
        status: 206,
        headers: {
          ...headers,
          'content-length': String(end + 1 - start),
          'content-range': contentRange,
        },
        chunks: patternOf(end + 1 - start, mebibyte, start),
      }
    })
    const path = join(folder.path, 'down')
    const client = clientOf(endpoint, { dispatcher })
    expect(await client.fGetObject('bkt', 'k', path)).toMatchObject({ sizeBytes: gibibyte })
    const file = await open(path)
    const buffer = Buffer.alloc(mebibyte)
    for (let at = 0; at < gibibyte; at += mebibyte) {
      const { bytesRead } = await file.read(buffer, 0, mebibyte, at)
      if (bytesRead !== mebibyte || !isPatternAt(at, buffer)) throw new Error(`wrong at ${at}`)
    }
    expect((await file.stat()).size).toBe(gibibyte)
    await file.close()
  }, 120_000)
})

it('a piece of 1 GB arrives whole', async () => {
  const piece = Buffer.alloc(1_000_000_000)
  // A mark in each MiB: the rest of the memory is never touched.
  for (let at = 0; at < piece.length; at += mebibyte) piece.writeUInt32LE(at / mebibyte + 1, at)
  const wrong: number[] = []
  const { sent, dispatcher } = droppingStore((partNumber, body) => {
    const start = (partNumber - 1) * 8 * mebibyte
    const same =
      body instanceof Uint8Array &&
      piece.compare(body, 0, body.length, start, start + body.length) === 0
    if (!same) wrong.push(partNumber)
  })
  await clientOf(endpoint, { dispatcher }).putObject('bkt', 'k', [piece])
  expect(wrong).toEqual([])
  expect(sizesOf(sent.parts).reduce((sum, one) => sum + one, 0)).toBe(piece.length)
}, 60_000)

/** As long as it says, and made of nothing. */
class HollowBytes extends Uint8Array {
  readonly #length: number

  constructor(length: number) {
    super(0)
    this.#length = length
  }
  override get length(): number {
    return this.#length
  }
  override subarray(start = 0, end: number = this.length): Uint8Array<ArrayBuffer> {
    return new HollowBytes(Math.min(end, this.length) - start)
  }
}

class HollowBlob extends Blob {
  constructor(size: number) {
    super([])
    Object.defineProperty(this, 'size', { value: size })
  }
  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return ReadableStream.from([new HollowBytes(this.size)])
  }
  override slice(start = 0, end: number = this.size): Blob {
    return new HollowBlob(end - start)
  }
}

describe('5 TiB, of which nobody reads a byte,', () => {
  const size = 5 * tebibyte
  /** Nobody knows when to stop before the last of these. */
  function* hollow(): Generator<Uint8Array> {
    for (let left = size; left > 0; left -= 3 * gibibyte) {
      yield new HollowBytes(Math.min(left, 3 * gibibyte))
    }
  }
  async function* hollowSlowly(): AsyncGenerator<Uint8Array> {
    yield* hollow()
  }
  const hollowKinds: Readonly<Record<string, Put>> = {
    'a stream of Node': putData(() => Readable.from(hollow())),
    'a web stream': putData(() => ReadableStream.from(hollowSlowly())),
    'a generator': putData(hollow),
    'an async generator': putData(hollowSlowly),
    'a Blob': putData(() => new HollowBlob(size)),
  }
  const cases = Object.keys(hollowKinds).flatMap((kind) =>
    [false, true].map((known) => [kind, known] as const),
  )

  it.each(cases)(
    'of %s (length said: %s) make parts from 1 without gaps',
    async (kind, known) => {
      const { sent, dispatcher } = droppingStore(async (_partNumber, body) => {
        if (!(body instanceof Uint8Array)) for await (const _chunk of chunksOf(body));
      })
      // The bytes do not exist: nobody could hash them.
      const client = clientOf(endpoint, { dispatcher, payloadSigning: 'never' })
      let total = 0
      const onProgress = (progress: { transferred: number }): unknown =>
        (total = progress.transferred)
      await hollowKinds[kind]?.(client, size, { onProgress, length: known ? size : undefined })
      const sizes = sizesOf(sent.parts)
      expect(sizes.length).toBeLessThanOrEqual(10_000)
      expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(size)
      expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(5 * mebibyte)
      expect(Math.max(...sizes)).toBeLessThanOrEqual(5 * gibibyte)
      expect(sent.completed).toBe(sizes.length)
      expect(total).toBe(size)
    },
    60_000,
  )

  it('of a file make parts from 1 without gaps', async () => {
    const path = join(folder.path, 'sparse')
    await writeFile(path, '')
    await truncate(path, size)
    const source = await FileSource.open(path, new BufferPool())
    source.cutInto(partSizeFor(size, undefined))
    let end = 0
    for (let number = 1; ; number++) {
      const part = await source.next()
      expect(part).toMatchObject({ partNumber: number, offset: end })
      // A body that is opened but not read costs nothing.
      expect((await part.open()).lengthBytes).toBe(part.sizeBytes)
      end += part.sizeBytes
      if (part.isLast) break
    }
    expect(end).toBe(size)
    await source.close()
  })
})

describe('parts that no buffer holds', () => {
  const half = 2 * gibibyte
  it.each<[string, () => ObjectData, PutObjectOptions]>([
    ['partSize', () => [Buffer.from('x')], { partSize: half }],
    ['partSize', () => Readable.from([Buffer.from('x')]), { partSize: 5 * gibibyte }],
    ['partSize', () => [], { partSize: half, length: half }],
    ['length', () => [], { length: 20 * tebibyte }],
  ])('are refused by %s before anything is sent or read', async (argument, make, options) => {
    const { sent, dispatcher } = droppingStore(() => {})
    const data = make()
    const client = clientOf(endpoint, { dispatcher })
    const failure = await failureOf(client.putObject('bkt', 'k', data, options))
    expect(failure).toMatchObject({ name: 'InvalidArgumentError', argument })
    expect(sent.parts.size).toBe(0)
    if (data instanceof Readable) expect(data.readableDidRead).toBe(false)
  })

  it('are none where the length that is said is small', async () => {
    const { sent, dispatcher } = droppingStore(() => {})
    const client = clientOf(endpoint, { dispatcher })
    await client.putObject('bkt', 'k', ['x'], { partSize: 5 * gibibyte, length: 1 })
    await client.putObject('bkt', 'k', 'text', { partSize: 5 * gibibyte })
    expect([...sent.parts]).toEqual([[1, 4]])
  })
})
