import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { DamagedBlobError, startServer, type StowageServer } from '@stowage/server'
import {
  RawClient,
  RawConnection,
  type RawRequest,
  type RawResponse,
} from './support/raw-client.ts'
import { temporaryDirectory } from './support/stores.ts'

const sse = 'x-amz-server-side-encryption'
const customerKey = randomBytes(32)
const keyHeaders = (prefix: string): Record<string, string> => ({
  [`${prefix}-customer-algorithm`]: 'AES256',
  [`${prefix}-customer-key`]: customerKey.toString('base64'),
  [`${prefix}-customer-key-md5`]: createHash('md5').update(customerKey).digest('base64'),
})
const copySse = 'x-amz-copy-source-server-side-encryption'

/** How an object is stored, and what those who read and copy it have to send. */
const kinds = [
  { kind: 'plain', put: {}, get: {}, source: {} },
  { kind: 'SSE-S3', put: { [sse]: 'AES256' }, get: {}, source: {} },
  { kind: 'SSE-C', put: keyHeaders(sse), get: keyHeaders(sse), source: keyHeaders(copySse) },
] as const

/** A table that Select can read too: 20 bytes a line. */
function csv(lines: number): Buffer {
  const text = Array.from(
    { length: lines },
    (_, at) => `${String(at).padStart(8, '0')},abcdefghij\n`,
  )
  return Buffer.from(text.join(''))
}

const internal = { status: 500, code: 'InternalError' }

describe('damage to stored blobs', () => {
  const directory = temporaryDirectory()
  let defects: unknown[] = []
  let server: StowageServer
  let client: RawClient

  beforeAll(async () => {
    server = await startServer({
      directory: directory.path,
      durability: 'flush',
      onDefect: (error) => defects.push(error),
    })
    client = new RawClient(server)
    await client.makeBucket('rot')
  })

  beforeEach(() => {
    defects = []
  })

  afterAll(async () => {
    client.close()
    await server.close()
    directory.remove()
  })

  const blobFiles = (): string[] => {
    const blobs = join(directory.path, 'blobs')
    return readdirSync(blobs).flatMap((shard) =>
      readdirSync(join(blobs, shard)).map((file) => join(blobs, shard, file)),
    )
  }

  /** Stores an object and finds its file. */
  async function stored(key: string, body: Buffer, headers: object = {}): Promise<string> {
    const before = new Set(blobFiles())
    expect((await client.put('rot', key, body, headers)).status).toBe(200)
    const file = blobFiles().find((path) => !before.has(path)) ?? ''
    return file
  }

  /** Reads that all touch the byte at `offset` of the object. */
  function readsOf(key: string, offset: number, kind: (typeof kinds)[number]): RawRequest[] {
    const { get, source } = kind
    const copied = { 'x-amz-copy-source': `rot/${key}`, ...source }
    const query = `<SelectObjectContentRequest><Expression>SELECT COUNT(*) FROM S3Object</Expression>
      <ExpressionType>SQL</ExpressionType><InputSerialization><CSV/></InputSerialization>
      <OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>`
    return [
      { bucket: 'rot', key, headers: get },
      { bucket: 'rot', key, headers: { ...get, range: `bytes=${offset}-${offset}` } },
      { bucket: 'rot', key, headers: { ...get, range: `bytes=${offset}-` } },
      { bucket: 'rot', key, headers: get, query: { partNumber: '1' } },
      {
        method: 'POST',
        bucket: 'rot',
        key,
        headers: get,
        query: { select: '', 'select-type': '2' },
        body: query,
      },
      { method: 'PUT', bucket: 'rot', key: 'sealed-copy', headers: { ...copied, [sse]: 'AES256' } },
      {
        method: 'PUT',
        bucket: 'rot',
        key: 'summed-copy',
        headers: { ...copied, 'x-amz-checksum-algorithm': 'SHA256' },
      },
    ]
  }

  async function partCopies(key: string, offset: number, headers: object): Promise<RawRequest[]> {
    const target = { bucket: 'rot', key: 'assembled' }
    const begun = await client.send({ method: 'POST', ...target, query: { uploads: '' } })
    const uploadId = /<UploadId>([^<]*)/.exec(begun.text)?.[1] ?? ''
    const copied = { 'x-amz-copy-source': `rot/${key}`, ...headers }
    const query = { uploadId, partNumber: '1' }
    const range = { 'x-amz-copy-source-range': `bytes=${offset}-${offset}` }
    return [
      { method: 'PUT', ...target, query, headers: copied },
      { method: 'PUT', ...target, query, headers: { ...copied, ...range } },
    ]
  }

  async function expectDamage(requests: readonly RawRequest[], file: string): Promise<void> {
    for (const request of requests) {
      defects = []
      expect(await client.send(request)).toMatchObject(internal)
      expect(defects).toEqual([expect.any(DamagedBlobError)])
      expect(defects).toMatchObject([{ blob: basename(file) }])
    }
  }

  describe.each(kinds)('of an object that is stored $kind', (kind) => {
    const body = csv(7000)
    let file = ''
    let bytes = Buffer.alloc(0)

    beforeAll(async () => {
      file = await stored(`key ${kind.kind}`, body, kind.put)
      bytes = readFileSync(file)
    })

    afterEach(() => writeFileSync(file, bytes))

    it.each([0, 1, 65_535, 65_536, 131_071, 131_072, 139_999])(
      'answers 500 to every way to read it when the bit at %i is flipped',
      async (offset) => {
        // Each chunk of a sealed blob is 16 bytes longer than what it holds.
        const place = kind.kind === 'plain' ? offset : offset + 16 * Math.floor(offset / 65_536)
        const damaged = Buffer.from(bytes)
        damaged.writeUInt8(damaged.readUInt8(place) ^ 4, place)
        writeFileSync(file, damaged)
        const key = `key ${kind.kind}`
        await expectDamage(readsOf(key, offset, kind), file)
        await expectDamage(await partCopies(key, offset, kind.source), file)
      },
    )

    it('answers 500 when the file is missing, too short, too long, or has a damaged footer', async () => {
      const key = `key ${kind.kind}`
      const requests = [...readsOf(key, 70_000, kind), ...(await partCopies(key, 9, kind.source))]
      rmSync(file)
      await expectDamage(requests, file)
      for (const size of [0, 1, 65_536, 139_999, bytes.length - 32, bytes.length - 1]) {
        writeFileSync(file, bytes.subarray(0, size))
        await expectDamage(requests, file)
      }
      writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(1)]))
      await expectDamage(requests, file)
      for (const back of [1, 8, 9, 32, 33, 200, bytes.length - body.length - 60]) {
        const damaged = Buffer.from(bytes)
        damaged.writeUInt8(damaged.readUInt8(bytes.length - back) ^ 1, bytes.length - back)
        writeFileSync(file, damaged)
        await expectDamage(requests, file)
      }
    })

    it('answers 500 when the file is that of another blob', async () => {
      // A key of the same length, so that the files have the same size.
      const other = await stored(`kay ${kind.kind}`, body, kind.put)
      expect(readFileSync(other)).toHaveLength(bytes.length)
      writeFileSync(file, readFileSync(other))
      await expectDamage(readsOf(`key ${kind.kind}`, 0, kind), file)
    })

    it('reads it again once it is repaired', async () => {
      const { body: read } = await client.get('rot', `key ${kind.kind}`, kind.get)
      expect(read.equals(body)).toBe(true)
      expect(defects).toEqual([])
    })
  })

  it('reads the blocks that are intact by range', async () => {
    const body = csv(40_000)
    const file = await stored('partly', body)
    const damaged = readFileSync(file)
    damaged.writeUInt8(damaged.readUInt8(400_000) ^ 1, 400_000)
    writeFileSync(file, damaged)
    for (const [start, end] of [
      [0, 393_215],
      [65_530, 65_540],
      [458_752, 799_999],
      [799_999, 799_999],
    ] as const) {
      const read = await client.get('rot', 'partly', { range: `bytes=${start}-${end}` })
      expect(read.status).toBe(206)
      expect(read.body.equals(body.subarray(start, end + 1))).toBe(true)
    }
    expect(defects).toEqual([])
  })

  it('cuts an answer that has begun before the damaged block, and reports the position', async () => {
    const body = csv(100_000)
    const file = await stored('late', body)
    const damaged = readFileSync(file)
    damaged.writeUInt8(damaged.readUInt8(1_000_000) ^ 1, 1_000_000)
    writeFileSync(file, damaged)
    const connection = new RawConnection(server.port)
    connection.write(client.wireHead({ bucket: 'rot', key: 'late' }))
    const text = await connection.untilClosed()
    const sent = text.slice(text.indexOf('\r\n\r\n') + 4)
    expect(text.startsWith('HTTP/1.1 200 ')).toBe(true)
    expect(sent.length).toBeLessThanOrEqual(983_040)
    expect(body.toString('latin1').startsWith(sent)).toBe(true)
    expect(defects).toMatchObject([{ blob: basename(file), position: 983_040 }])
  })

  it('ends no answer of Select that meets damage with its last message', async () => {
    const file = await stored('query', csv(100_000))
    const damaged = readFileSync(file)
    damaged.writeUInt8(damaged.readUInt8(1_900_000) ^ 1, 1_900_000)
    writeFileSync(file, damaged)
    const body = `<SelectObjectContentRequest><Expression>SELECT * FROM S3Object</Expression>
      <ExpressionType>SQL</ExpressionType><InputSerialization><CSV/></InputSerialization>
      <OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>`
    const query = { select: '', 'select-type': '2' }
    const request = { method: 'POST', bucket: 'rot', key: 'query', query, body }
    for (const version of ['1.1', '1.0']) {
      const connection = new RawConnection(server.port)
      const head = client.wireHead(request, { 'content-length': String(body.length) })
      connection.write(`${head.replace('HTTP/1.1', `HTTP/${version}`)}${body}`)
      const text = await connection.untilClosed()
      expect(text).toContain('200 OK')
      expect(text).not.toContain('\r\n0\r\n\r\n')
      expect(text).not.toContain('Stats')
    }
    expect(defects).toHaveLength(2)
  })

  it('reads the parts of an object that are intact, and no others', async () => {
    const target = { bucket: 'rot', key: 'parts' }
    const begun = await client.send({ method: 'POST', ...target, query: { uploads: '' } })
    const uploadId = /<UploadId>([^<]*)/.exec(begun.text)?.[1] ?? ''
    const before = new Set(blobFiles())
    const bodies = [Buffer.alloc(5 * 1024 ** 2, 'one'), Buffer.alloc(100_000, 'two')]
    const etags: string[] = []
    for (const [index, body] of bodies.entries()) {
      const query = { uploadId, partNumber: String(index + 1) }
      etags.push((await client.send({ method: 'PUT', ...target, query, body })).headers.etag ?? '')
    }
    const list = etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
    )
    const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
    await client.send({ method: 'POST', ...target, query: { uploadId }, body })
    const made = blobFiles().filter((path) => !before.has(path))
    const file = made.find((path) => statSync(path).size < 200_000) ?? ''
    rmSync(file)
    const second = { ...target, query: { partNumber: '2' } }
    await expectDamage([second], file)
    const first: RawResponse = await client.send({ ...target, query: { partNumber: '1' } })
    expect(first.body.equals(bodies[0] ?? Buffer.alloc(0))).toBe(true)
    await expect(client.send(target)).rejects.toThrow()
    const whole = { 'x-amz-copy-source': 'rot/parts' }
    await expectDamage([{ method: 'PUT', bucket: 'rot', key: 'copy', headers: whole }], file)
    expect((await client.get('rot', 'copy')).code).toBe('NoSuchKey')
  })
})
