import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ChecksumAlgorithm, ChecksumOptions } from '../../src/request/checksum.ts'
import type { UploadState } from '../../src/transfer/upload-state.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { PartStore, type Action, type Answer, type SeenRequest } from '../support/part-store.ts'

const partBytes = 5 * mebibyte
const content = contentOf(2 * partBytes + 3)
const parts = [0, 1, 2].map((at) => content.subarray(at * partBytes, (at + 1) * partBytes))

function crcOf(bytes: Uint8Array): string {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum.toString('base64')
}

function sha256Of(...pieces: Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(pieces)).digest()
}

const composite = {
  crc32: `${crcOf(Buffer.concat(parts.map((part) => Buffer.from(crcOf(part), 'base64'))))}-3`,
  sha256: `${sha256Of(...parts.map((part) => sha256Of(part))).toString('base64')}-3`,
}

/** The headers of a request that speak of checksums. */
function told({ headers }: SeenRequest): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^x-amz-(checksum|sdk|trailer)/.test(name)),
  )
}

function completed(...sums: string[]): Answer {
  const root = 'CompleteMultipartUploadResult'
  return { status: 200, body: `<${root}><ETag>"e-3"</ETag>${sums.join('')}</${root}>` }
}

describe('a checksum', () => {
  it('goes with the one request, and no other', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    await client.putObject('bkt', 'k', 'abc', { checksum: 'CRC32' })
    await client.putObject('bkt', 'k', 'abc')
    expect(store.seen.map(told)).toEqual([
      { 'x-amz-checksum-crc32': 'NSRBwg==', 'x-amz-sdk-checksum-algorithm': 'CRC32' },
      {},
    ])
  })

  it('of parts goes with each of them and is listed', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    await client.putObject('bkt', 'k', content, { partSize: partBytes, checksum: 'CRC32' })
    expect(store.of('initiate').map(told)).toEqual([
      { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'COMPOSITE' },
    ])
    for (const part of store.of('part')) {
      expect(told(part)['x-amz-checksum-crc32']).toBe(crcOf(part.body))
    }
    const [complete] = store.of('complete')
    expect(complete && told(complete)).toEqual({})
    const listed = [...String(complete?.body).matchAll(/<ChecksumCRC32>(.*?)</g)]
    expect(listed.map(([, sum]) => sum)).toEqual(parts.map(crcOf))
  })

  it('of the whole is combined and goes with the request that completes', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    await client.putObject('bkt', 'k', content, {
      partSize: partBytes,
      checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT' },
    })
    expect(store.of('initiate').map(told)).toEqual([
      { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' },
    ])
    expect(store.of('complete').map(told)).toEqual([
      { 'x-amz-checksum-crc32': crcOf(content), 'x-amz-checksum-type': 'FULL_OBJECT' },
    ])
  })

  it('that the caller knows is sent as it is', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const value = sha256Of(Buffer.from('other')).toString('base64')
    await client.putObject('bkt', 'k', 'abc', { checksum: { algorithm: 'SHA256', value } })
    expect(store.seen.map(told)).toEqual([
      { 'x-amz-checksum-sha256': value, 'x-amz-sdk-checksum-algorithm': 'SHA256' },
    ])
  })

  it('that no parts can have is refused before anything is sent', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const value = sha256Of(content).toString('base64')
    for (const data of [content, [content]]) {
      const checksum: ChecksumOptions = { algorithm: 'SHA256', value }
      const call = client.putObject('bkt', 'k', data, { partSize: partBytes, checksum })
      expect(await failureOf(call)).toMatchObject({ argument: 'checksum' })
    }
    expect(store.seen).toEqual([])
  })
})

describe('a trailer', () => {
  const trailer: ChecksumOptions = { algorithm: 'CRC32', placement: 'trailer' }

  it('is signed anew for each attempt', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    store.mischief = ({ earlier }) => (earlier < 2 ? { status: 500 } : undefined)
    await client.putObject('bkt', 'k', 'abc', { checksum: trailer })
    expect(store.seen).toHaveLength(3)
    for (const request of store.seen) {
      expect(request.headers).toMatchObject({
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '3',
        'content-length': String(request.body.length),
      })
      expect(told(request)).toEqual({
        'x-amz-trailer': 'x-amz-checksum-crc32',
        'x-amz-sdk-checksum-algorithm': 'CRC32',
      })
      expect(request.body.toString()).toMatch(
        /^3;chunk-signature=[0-9a-f]{64}\r\nabc\r\n0;chunk-signature=[0-9a-f]{64}\r\nx-amz-checksum-crc32:NSRBwg==\r\nx-amz-trailer-signature:[0-9a-f]{64}\r\n\r\n$/,
      )
    }
  })

  it.each([
    ['the payload is not signed', { payloadSigning: 'never' }],
    [
      'nothing is signed',
      { accessKey: undefined, secretKey: undefined, credentials: () => Promise.resolve(undefined) },
    ],
  ] as const)('has no signatures where %s', async (_case, options) => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint, options)
    await client.putObject('bkt', 'k', 'abc', { checksum: trailer })
    const [request] = store.seen
    expect(request?.headers['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER')
    expect(String(request?.body)).toBe('3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n')
  })

  it('stands for the MD5 that locked objects need', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const metadata = { 'x-amz-object-lock-legal-hold': 'ON' }
    for (const checksum of [undefined, 'CRC32', trailer] as const) {
      await client.putObject('bkt', 'k', 'abc', { checksum, metadata })
    }
    const md5 = 'kAFQmDzST7DWlj99KOF/cg=='
    expect(store.seen.map(({ headers }) => headers['content-md5'])).toEqual([md5, md5, undefined])
  })

  it('leaves the content encoding of the object beside its own', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const metadata = { 'content-encoding': 'gzip' }
    await client.putObject('bkt', 'k', 'abc', { checksum: trailer, metadata })
    expect(store.seen[0]?.headers['content-encoding']).toBe('aws-chunked,gzip')
  })

  it('of parts is listed as it was sent', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    await client.putObject('bkt', 'k', content, {
      partSize: partBytes,
      checksum: { algorithm: 'SHA1', placement: 'trailer' },
    })
    const sums = store
      .of('part')
      .map(({ body }) => /sha1:(.*?)\r/.exec(body.toString('latin1'))?.[1])
    const listed = [...String(store.of('complete')[0]?.body).matchAll(/<ChecksumSHA1>(.*?)</g)]
    expect(new Set(listed.map(([, sum]) => sum))).toEqual(new Set(sums))
    expect(listed).toHaveLength(3)
  })
})

describe('what a store says of its checksum', () => {
  async function put(action: Action, answer: Answer, algorithm: ChecksumAlgorithm) {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    store.mischief = (request) => (request.action === action ? answer : undefined)
    const data = action === 'put' ? 'abc' : content
    const call = client.putObject('bkt', 'k', data, { partSize: partBytes, checksum: algorithm })
    const outcome = await call.catch((error: unknown) => error)
    return { outcome, store }
  }
  const integrity = { name: 'IntegrityError' }
  const answered = (sum: string): Answer => ({
    status: 200,
    headers: { etag: '"e"', 'x-amz-checksum-crc32': sum, 'x-amz-checksum-type': 'FULL_OBJECT' },
  })

  it('is told', async () => {
    const { outcome } = await put('put', answered('NSRBwg=='), 'CRC32')
    expect(outcome).toMatchObject({
      checksums: { crc32: 'NSRBwg==' },
      checksumType: 'FULL_OBJECT',
    })
  })

  it('of other data is an error', async () => {
    expect((await put('put', answered('AAAAAA=='), 'CRC32')).outcome).toMatchObject(integrity)
  })

  it('of another part is an error, and ends the upload', async () => {
    const { outcome, store } = await put('part', answered('AAAAAA=='), 'CRC32')
    expect(outcome).toMatchObject(integrity)
    expect(store.of('complete')).toEqual([])
    expect(store.uploads.size).toBe(0)
  })

  it.each([
    ['CRC32', composite.crc32],
    ['CRC32', crcOf(content)], // As Ceph does.
    ['SHA256', composite.sha256],
    ['SHA256', sha256Of(content).toString('base64')],
  ] as const)('of the parts may be: %s %s', async (algorithm, sum) => {
    const answer = completed(`<Checksum${algorithm}>${sum}</Checksum${algorithm}>`)
    const { outcome } = await put('complete', answer, algorithm)
    expect(outcome).toMatchObject({ checksums: { [algorithm.toLowerCase()]: sum } })
  })

  it.each([
    ['CRC32', crcOf(content.subarray(1))],
    ['CRC32', composite.crc32.replace('-3', '-2')],
    ['SHA256', `${sha256Of(content).toString('base64')}-3`],
  ] as const)('of the parts may not be: %s %s', async (algorithm, sum) => {
    const answer = completed(`<Checksum${algorithm}>${sum}</Checksum${algorithm}>`)
    expect((await put('complete', answer, algorithm)).outcome).toMatchObject(integrity)
  })
})

describe('an upload that goes on', () => {
  /** Ends an upload after its second part, and gives its state as a file would have kept it. */
  async function cut(store: PartStore, path: string, checksum: ChecksumOptions['algorithm']) {
    await using client = clientOf(store.endpoint)
    const stop = new AbortController()
    let state: UploadState | undefined
    const call = client.fPutObject('bkt', 'k', path, {
      partSize: partBytes,
      concurrency: 1,
      checksum,
      signal: stop.signal,
      onState: (reached) => {
        state = reached
        if (reached.parts.length === 2) stop.abort()
      },
    })
    await failureOf(call)
    store.seen.length = 0
    return JSON.parse(JSON.stringify(state)) as UploadState // What was just written.
  }

  /** ListParts with checksums; those of the store's own tests have none. */
  function listing(...sums: string[]): Answer {
    const entries = sums.map(
      (sum, at) =>
        `<Part><PartNumber>${at + 1}</PartNumber><ETag>"opaque"</ETag>` +
        `<Size>${partBytes}</Size><ChecksumCRC32>${sum}</ChecksumCRC32></Part>`,
    )
    return { status: 200, body: `<ListPartsResult>${entries.join('')}</ListPartsResult>` }
  }

  it('lists the checksums of parts that it did not send again', async () => {
    await using folder = await temporaryFolder()
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const path = join(folder.path, 'file')
    await writeFile(path, content)
    const resumeFrom = await cut(store, path, 'CRC32')
    await client.fPutObject('bkt', 'k', path, { resumeFrom, checksum: 'CRC32' })
    expect(store.sentParts()).toEqual([3])
    const listed = [...String(store.of('complete')[0]?.body).matchAll(/<ChecksumCRC32>(.*?)</g)]
    expect(listed.map(([, sum]) => sum)).toEqual(parts.map(crcOf))
  })

  it('knows parts by the checksum that the store lists, also without an MD5', async () => {
    await using folder = await temporaryFolder()
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const path = join(folder.path, 'file')
    await writeFile(path, content)
    const state = await cut(store, path, 'CRC32')
    const sums = parts.map(crcOf)
    store.mischief = ({ action }) => {
      if (action === 'list') return listing(sums[0] ?? '', 'AAAAAA==')
      return action === 'complete' ? completed() : undefined
    }
    const resumeFrom = { ...state, parts: [] }
    await client.fPutObject('bkt', 'k', path, { resumeFrom, checksum: 'CRC32' })
    expect(store.sentParts()).toEqual([2, 3])
  })

  it.each([undefined, 'CRC32C', { algorithm: 'CRC32', type: 'FULL_OBJECT' }] as const)(
    'cannot change its checksum to %j',
    async (checksum) => {
      await using folder = await temporaryFolder()
      await using store = await PartStore.start()
      await using client = clientOf(store.endpoint)
      const path = join(folder.path, 'file')
      await writeFile(path, content)
      const resumeFrom = await cut(store, path, 'CRC32')
      const call = client.fPutObject('bkt', 'k', path, { resumeFrom, checksum })
      expect(await failureOf(call)).toMatchObject({ argument: 'checksum' })
      expect(store.seen).toEqual([])
    },
  )
})

/** Tells of each piece that is read of it. */
class WatchedBlob extends Blob {
  readonly #onPiece: () => void

  constructor(bytes: Uint8Array<ArrayBuffer>, onPiece: () => void) {
    super([bytes])
    this.#onPiece = onPiece
  }

  override slice(): Blob {
    return this
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const piece = new Uint8Array(this.size / 16)
    let left = 16
    return new ReadableStream(
      {
        pull: (controller) => {
          this.#onPiece()
          controller.enqueue(piece)
          if (--left === 0) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }
}

describe('a signal', () => {
  it('ends the reading for a digest before it is done', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const locked = { 'x-amz-object-lock-legal-hold': 'ON' }
    for (const options of [{ checksum: 'CRC32' as const }, { metadata: locked }]) {
      const controller = new AbortController()
      let pieces = 0
      const blob = new WatchedBlob(new Uint8Array(16), () => {
        if (++pieces === 2) controller.abort()
      })
      const putting = client.putObject('bkt', 'k', blob, { ...options, signal: controller.signal })
      expect(await failureOf(putting)).toBe(controller.signal.reason)
      expect(pieces).toBe(2)
    }
    expect(store.seen).toEqual([])
  })
})
