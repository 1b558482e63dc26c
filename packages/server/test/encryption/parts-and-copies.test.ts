import { createHash, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'

import type { RawClient, RawResponse } from '../support/raw-client.ts'
import { describeServers } from '../support/stores.ts'

const prefix = 'x-amz-server-side-encryption'

function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest()
}

function customerHeaders(key: Buffer, family = prefix): Record<string, string> {
  return {
    [`${family}-customer-algorithm`]: 'AES256',
    [`${family}-customer-key`]: key.toString('base64'),
    [`${family}-customer-key-md5`]: md5(key).toString('base64'),
  }
}

const key = randomBytes(32)
const otherKey = randomBytes(32)
const mine = customerHeaders(key)
const others = customerHeaders(otherKey)
const ofSource = customerHeaders(key, `x-amz-copy-source-server-side-encryption`)
const s3 = { [prefix]: 'AES256' }
const kms = { [prefix]: 'aws:kms', [`${prefix}-aws-kms-key-id`]: 'one' }

type Headers = Readonly<Record<string, string>>

/** How to put, to read, and to copy from each kind. */
const kinds = {
  plain: { put: {}, get: {}, source: {} },
  'SSE-S3': { put: s3, get: {}, source: {} },
  'SSE-KMS': { put: kms, get: {}, source: {} },
  'SSE-C': { put: mine, get: mine, source: ofSource },
} as const satisfies Record<string, { put: Headers; get: Headers; source: Headers }>

type Kind = keyof typeof kinds

const allKinds: readonly Kind[] = ['plain', 'SSE-S3', 'SSE-KMS', 'SSE-C']
const sealedKinds = allKinds.slice(1)
const pairs = allKinds.flatMap((from) => allKinds.map((to) => [from, to] as const))

const partBytes = 5 * 1024 ** 2
const parts = [randomBytes(partBytes + 7), randomBytes(partBytes), randomBytes(100)] as const
const whole = Buffer.concat(parts)

describeServers(
  'encrypted parts and copies',
  (fixture) => {
    let client: RawClient

    beforeAll(async () => {
      client = fixture().client
      await client.makeBucket('parts')
    })

    const send = (
      method: string,
      name: string,
      query: Record<string, string>,
      headers: Headers,
      body?: string | Uint8Array,
    ): Promise<RawResponse> =>
      client.send({ method, bucket: 'parts', key: name, query, headers, body })

    async function begin(name: string, headers: Headers): Promise<string> {
      const begun = await send('POST', name, { uploads: '' }, headers)
      expect(begun.status).toBe(200)
      return /<UploadId>(.*)<\/UploadId>/.exec(begun.text)?.[1] ?? ''
    }

    function complete(name: string, uploadId: string, etags: string[]): Promise<RawResponse> {
      const list = etags.map(
        (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
      )
      const document = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
      return send('POST', name, { uploadId }, {}, document)
    }

    describe.each(sealedKinds)('a multipart upload with %s', (kind) => {
      const { put, get } = kinds[kind]
      const partHeaders = kind === 'SSE-C' ? mine : {}

      it('gives all ranges back, and the parts', async () => {
        const name = `multipart ${kind}`
        const uploadId = await begin(name, put)
        const etags: string[] = []
        for (const [index, body] of parts.entries()) {
          const query = { uploadId, partNumber: String(index + 1) }
          const stored = await send('PUT', name, query, partHeaders, body)
          expect(stored.status).toBe(200)
          etags.push(stored.headers.etag ?? '')
        }
        const listed = await send('GET', name, { uploadId }, {})
        expect(listed.text).toContain(`<Size>${partBytes + 7}</Size>`)
        expect((await complete(name, uploadId, etags)).code).toBe('')
        const read = await send('GET', name, {}, get)
        expect(read.headers.etag).toMatch(/^"[0-9a-f]{32}-3"$/)
        expect(read.body.equals(whole)).toBe(true)
        for (const [start, end] of [
          [partBytes, partBytes + 20],
          [partBytes + 6, 2 * partBytes + 8],
          [whole.length - 101, whole.length - 1],
        ] as const) {
          const range = await send('GET', name, {}, { ...get, range: `bytes=${start}-${end}` })
          expect(range.status).toBe(206)
          expect(range.body.equals(whole.subarray(start, end + 1))).toBe(true)
        }
        const last = await send('GET', name, { partNumber: '3' }, get)
        expect(last.body.equals(parts[2])).toBe(true)
      })
    })

    it('needs the key of the upload for each part', async () => {
      const uploadId = await begin('key', mine)
      const query = { uploadId, partNumber: '1' }
      const refused = { status: 400, code: 'InvalidRequest' }
      expect(await send('PUT', 'key', query, {}, 'x')).toMatchObject(refused)
      expect(await send('PUT', 'key', query, others, 'x')).toMatchObject(refused)
      const told = { [`${prefix}-customer-key-md5`]: md5(key).toString('base64') }
      const stored = await send('PUT', 'key', query, mine, 'x')
      expect(stored).toMatchObject({ status: 200, headers: told })
      const plain = await begin('no key', {})
      const plainQuery = { uploadId: plain, partNumber: '1' }
      expect(await send('PUT', 'no key', plainQuery, mine, 'x')).toMatchObject(refused)
    })

    const body = randomBytes(150_000)

    it.each(pairs)('copies from %s to %s', async (from, to) => {
      const name = `from ${from} to ${to}`
      await send('PUT', `${name} source`, {}, { ...kinds[from].put, 'x-amz-meta-a': 'b' }, body)
      const copySource = { 'x-amz-copy-source': `/parts/${encodeURIComponent(`${name} source`)}` }
      const headers = { ...copySource, ...kinds[from].source, ...kinds[to].put }
      const copied = await send('PUT', name, {}, headers)
      expect(copied.status).toBe(200)
      const read = await send('GET', name, {}, kinds[to].get)
      expect(read.body.equals(body)).toBe(true)
      expect(read.headers['x-amz-meta-a']).toBe('b')
      expect(copied.text).toContain(read.headers.etag?.replaceAll('"', '') ?? '-')
      if (to === 'plain' || to === 'SSE-S3') {
        expect(read.headers.etag).toBe(`"${md5(body).toString('hex')}"`)
      }
      const uploadId = await begin(`${name} part`, kinds[to].put)
      const partHeaders = {
        ...copySource,
        ...kinds[from].source,
        ...(to === 'SSE-C' ? mine : {}),
        'x-amz-copy-source-range': 'bytes=65530-140000',
      }
      const query = { uploadId, partNumber: '1' }
      const part = await send('PUT', `${name} part`, query, partHeaders)
      expect(part.status).toBe(200)
      const etag = /<ETag>(.*)<\/ETag>/.exec(part.text)?.[1] ?? ''
      expect((await complete(`${name} part`, uploadId, [etag])).code).toBe('')
      const slice = await send('GET', `${name} part`, {}, kinds[to].get)
      expect(slice.body.equals(body.subarray(65_530, 140_001))).toBe(true)
    })

    it('needs the key of the source', async () => {
      await send('PUT', 'source', {}, mine, body)
      const copySource = { 'x-amz-copy-source': '/parts/source' }
      const copy = (headers: Headers): Promise<RawResponse> =>
        send('PUT', 'target', {}, { ...copySource, ...headers })
      expect(await copy({})).toMatchObject({ status: 400, code: 'InvalidRequest' })
      expect(await copy(mine)).toMatchObject({ status: 400, code: 'InvalidRequest' })
      const wrong = customerHeaders(otherKey, 'x-amz-copy-source-server-side-encryption')
      expect(await copy(wrong)).toMatchObject({ status: 403, code: 'AccessDenied' })
      await send('PUT', 'plain source', {}, {}, body)
      const needless = { 'x-amz-copy-source': '/parts/plain%20source', ...ofSource }
      expect(await send('PUT', 'target', {}, needless)).toMatchObject({ code: 'InvalidRequest' })
      expect(await send('GET', 'target', {}, {})).toMatchObject({ code: 'NoSuchKey' })
    })

    it('gives an object another key by copying it to itself', async () => {
      await send('PUT', 'rotated', {}, mine, body)
      const headers = { 'x-amz-copy-source': '/parts/rotated', ...ofSource, ...others }
      expect(await send('PUT', 'rotated', {}, headers)).toMatchObject({ status: 200 })
      expect(await send('GET', 'rotated', {}, mine)).toMatchObject({ status: 403 })
      expect((await send('GET', 'rotated', {}, others)).body.equals(body)).toBe(true)
    })
  },
  { encryption: { kmsKeys: { one: randomBytes(32) } } },
)
