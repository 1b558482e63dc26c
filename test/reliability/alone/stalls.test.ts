import { createHash } from 'node:crypto'
import { startServer, type StowageServer } from '@stowage/server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RawClient, type RawRequest } from '../../../packages/server/test/support/raw-client.ts'
import { filled, xmlShapes } from '../support/hostile.ts'
import { record } from '../support/proof.ts'
import { StallWatch } from '../support/stall-watch.ts'
import { bucket, mebibyte, routes } from './stall-documents.ts'
import { policies, times } from './stall-policies.ts'
import { csv, expressions, queries, selecting } from './stall-queries.ts'

/** The bound of issue 10, for any request of up to 1 MiB. */
const maxStallMs = 100
/** A measurement above it is taken again: something else may have come between. */
const attempts = 4

let server: StowageServer
let client: RawClient
let watch: StallWatch

const found: { readonly name: string; readonly ms: number; readonly status: string }[] = []

beforeAll(async () => {
  server = await startServer({ webhooks: { hook: { url: 'http://127.0.0.1:9/' } } })
  client = new RawClient(server)
  watch = new StallWatch(server.port)
  await client.makeBucket(bucket)
  await client.put(bucket, 'key', 'value')
})

afterAll(async () => {
  const over = found.filter(({ ms }) => ms > maxStallMs)
  const [longest] = [...found].sort((a, b) => b.ms - a.ms)
  record({
    proof: 'stalls',
    unit: 'requests',
    reached: found.length,
    required: 300,
    failures: { 'over 100 ms': over.length },
    notes: [`longest stall ${longest?.ms.toFixed(0)} ms (${longest?.name})`],
  })
  await watch[Symbol.asyncDispose]()
  client.close()
  await server.close()
})

function wire(request: RawRequest): Buffer {
  const body = Buffer.from(request.body ?? '')
  const md5 = createHash('md5').update(body).digest('base64')
  const headers = { ...request.headers, ...(body.length > 0 ? { 'content-md5': md5 } : {}) }
  const more = { 'content-length': String(body.length), connection: 'close' }
  return Buffer.concat([
    Buffer.from(client.wireHead({ ...request, headers }, more), 'latin1'),
    body,
  ])
}

/** Measures a request, which must be answered; the shortest of a few measurements counts. */
async function check(name: string, request: RawRequest | (() => Uint8Array)): Promise<void> {
  let ms = Infinity
  let status = ''
  for (let attempt = 0; attempt < attempts && ms > maxStallMs / 2; attempt++) {
    const bytes = typeof request === 'function' ? request() : wire(request)
    const stall = await watch.measure(bytes)
    ms = Math.min(ms, stall.longestMs)
    status = stall.status
  }
  found.push({ name, ms, status })
  expect.soft(status, name).toMatch(/^[2345]\d\d$/)
  expect.soft(status, name).not.toBe('500')
  expect.soft(ms, name).toBeLessThanOrEqual(maxStallMs)
}

it('reads documents at their limits without a stall', async () => {
  for (const { name, root, known, request, bytes } of routes) {
    for (const [shape, make] of Object.entries(xmlShapes)) {
      const inside = make(bytes - 2 * root.length - 600, known)
      const body = `<${root}>${inside}</${root}>`.slice(0, bytes)
      await check(`${name}, ${shape}`, { ...request, body })
    }
  }
})

it('reads requests to delete 1,000 keys, under a policy at its limit, without a stall', async () => {
  const objects = (key: (at: number) => string): string =>
    Array.from({ length: 1000 }, (_, at) => `<Object><Key>${key(at)}</Key></Object>`).join('')
  const request = { method: 'POST', bucket, query: { delete: '' } }
  const long = { ...request, body: `<Delete>${objects((at) => 'a'.repeat(900) + at)}</Delete>` }
  await check('DeleteObjects, 1,000 keys', long)
  for (const [name, policy] of Object.entries(policies)) {
    await govern(policy)
    await check(`DeleteObjects, 1,000 keys, ${name}`, long)
    await govern(undefined)
  }
})

async function govern(policy: object | undefined): Promise<void> {
  const input = { bucket, query: { policy: '' } }
  const answer =
    policy === undefined
      ? await client.send({ ...input, method: 'DELETE' })
      : await client.send({ ...input, method: 'PUT', body: JSON.stringify(policy) })
  expect(answer.status, answer.text).toBe(204)
}

it('reads policies at their limit, and asks them, without a stall', async () => {
  const headers = { referer: 'a'.repeat(2048), 'user-agent': 'a'.repeat(2000) }
  for (const [name, policy] of Object.entries(policies)) {
    const query = { policy: '' }
    await check(`PutBucketPolicy, ${name}`, {
      method: 'PUT',
      bucket,
      query,
      body: JSON.stringify(policy),
    })
    await govern(policy)
    const key = 'a'.repeat(1000)
    await check(`GetObject, ${name}`, { bucket, key, headers })
    await check(`GetObject, ${name}, anonymous`, {
      bucket,
      key,
      unsignedHeaders: headers,
      signed: false,
    })
    await check(`ListObjects, ${name}`, {
      bucket,
      query: { 'list-type': '2', prefix: key },
      headers,
    })
    await govern(undefined)
  }
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  for (const [name, body] of Object.entries({
    'nested arrays': nested(10_000),
    'nested objects': `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
    members: `{${filled(19_000, (at) => `"a${at}":1,`)}"b":1}`,
    escapes: `{"a":"${'\\u0061'.repeat(3000)}"}`,
    'a megabyte': nested(mebibyte / 2),
  })) {
    await check(`PutBucketPolicy, ${name}`, { method: 'PUT', bucket, query: { policy: '' }, body })
  }
})

it('asks rules of CORS at their limit without a stall', async () => {
  const origins = (count: number, text: string): string =>
    `<AllowedOrigin>${text}</AllowedOrigin>`.repeat(count)
  const rule = (origin: string): string =>
    `<CORSRule>${origin}<AllowedMethod>GET</AllowedMethod>${'<AllowedHeader>x-a*b</AllowedHeader>'.repeat(12)}</CORSRule>`
  const documents = {
    'many rules': rule(origins(1, '*')).repeat(100),
    'many origins': rule(origins(100, 'http://*.b')).repeat(14),
    'long origins': rule(origins(1, `*${'a'.repeat(1800)}b`)).repeat(26),
  }
  for (const [name, rules] of Object.entries(documents)) {
    const body = `<CORSConfiguration>${rules}</CORSConfiguration>`
    const input = { method: 'PUT', bucket, query: { cors: '' }, body }
    await check(`PutBucketCors, ${name}`, input)
    const origin = 'a'.repeat(8000)
    await check(`GetObject, CORS of ${name}`, { bucket, key: 'key', headers: { origin } })
    await check(`OPTIONS, CORS of ${name}`, {
      method: 'OPTIONS',
      bucket,
      key: 'key',
      signed: false,
      unsignedHeaders: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': filled(1500, (at) => `x-a${at},`).slice(0, -1),
      },
    })
  }
})

it('reads heads at their limits without a stall', async () => {
  const parameters = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, '+']))
  const headers = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-amz-meta-${at}`, ` ${at}  b `]))
  const values: Record<string, string> = {
    blanks: 'a' + ' \t'.repeat(7000) + 'b',
    commas: ','.repeat(15_000),
    quotes: '"\\"'.repeat(5000),
    'percent signs': '%41'.repeat(5000),
    'encoded words': '=?UTF-8?Q?a?= '.repeat(1000).trim(),
    digits: '9'.repeat(15_000),
    semicolons: ';='.repeat(7000),
  }
  await check('parameters', { bucket, query: parameters(900) })
  await check('one parameter again and again', { bucket, query: { a: times(2000, '') } })
  await check('a long target', { path: `/${bucket}/${'%41'.repeat(2600)}` })
  await check('a target beyond the limit', { path: `/${bucket}/${'a'.repeat(20_000)}` })
  for (const method of ['GET', 'PUT']) {
    await check(`${method}, metadata`, { method, bucket, key: 'meta', headers: headers(200) })
    await check(`${method}, unsigned`, { method, bucket, key: 'b', unsignedHeaders: headers(200) })
    for (const [name, value] of Object.entries(values)) {
      for (const header of interesting) {
        await check(`${method}, ${header} of ${name}`, {
          method,
          bucket,
          key: 'c',
          headers: { [header]: value },
        })
      }
    }
  }
})

const interesting = [
  'authorization',
  'range',
  'if-match',
  'if-modified-since',
  'x-amz-copy-source',
  'x-amz-tagging',
  'content-type',
  'content-disposition',
  'x-amz-meta-a',
  'x-amz-trailer',
  'content-encoding',
  'date',
]

it('reads framed bodies and forms without a stall', async () => {
  const framed = (name: string, body: string, more: Record<string, string> = {}): Promise<void> =>
    check(name, {
      method: 'PUT',
      bucket,
      key: 'framed',
      payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      headers: {
        'x-amz-decoded-content-length': '4',
        'x-amz-trailer': 'x-amz-checksum-crc32',
        ...more,
      },
      body,
    })
  const tiny = '1\r\na\r\n'.repeat(150_000)
  await framed('chunks of one byte', `${tiny}0\r\n\r\n`, {
    'x-amz-decoded-content-length': '150000',
  })
  await framed(
    'trailers of blanks',
    `4\r\nabcd\r\n0\r\n${`a: b${' \t'.repeat(2000)}c\r\n`.repeat(32)}\r\n`,
  )
  await framed('a line without end', 'a'.repeat(mebibyte - 2000))
  const boundary = 'b'.repeat(60)
  const type = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  const form = (name: string, body: string): Promise<void> =>
    check(name, { method: 'POST', bucket, signed: false, unsignedHeaders: type, body })
  const part = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  await form('many fields', filled(19_000, (at) => part(`f${at}`, '')) + part('file', 'a'))
  await form('a field at its limit', part('policy', 'A'.repeat(19_000)) + part('file', 'a'))
  await form(
    'almost boundaries',
    part('key', 'a') + part('file', `\r\n--${boundary.slice(1)}`.repeat(15_000)),
  )
  await form(
    'a head of blanks',
    `--${boundary}\r\nContent-Disposition: form-data${' ;'.repeat(9000)}\r\n\r\n`,
  )
  await form(
    'escapes',
    `--${boundary}\r\nContent-Disposition: form-data; name="${'\\"'.repeat(9000)}\r\n\r\n`,
  )
})

it('answers queries without a stall', async () => {
  for (const [name, { bytes, sql, input }] of Object.entries(queries)) {
    await client.put(bucket, 'queried', bytes)
    await check(`Select, ${name}`, selecting('queried', sql, input))
  }
  for (const [name, sql] of Object.entries(expressions)) {
    await check(`Select, an expression of ${name}`, selecting('key', sql, csv))
  }
})

it('lists pages at their limit without a stall', async () => {
  for (let at = 0; at < 2000; at++) {
    const headers = { 'x-amz-meta-a': 'b'.repeat(500), 'x-amz-tagging': 'a=b' }
    const key = `list/${String(at % 1000).padStart(4, '0')}/${at}`
    await client.send({ method: 'PUT', bucket, key, headers })
  }
  const list = { 'list-type': '2', prefix: 'list/' }
  for (const policy of [undefined, policies['many gaps'], policies['many resources']]) {
    if (policy !== undefined) await govern(policy)
    const name = policy === undefined ? 'no policy' : 'a policy'
    await check(`ListObjectsV2, ${name}`, { bucket, query: list })
    await check(`ListObjectsV2, delimiter, ${name}`, { bucket, query: { ...list, delimiter: '/' } })
    await check(`ListObjectsV2, metadata, ${name}`, {
      bucket,
      query: { ...list, metadata: 'true' },
    })
    await check(`ListObjectsV2, url, ${name}`, {
      bucket,
      query: { ...list, 'encoding-type': 'url' },
    })
    await check(`ListObjectVersions, ${name}`, { bucket, query: { versions: '', prefix: 'list/' } })
    await check(`ListObjectVersions, delimiter, ${name}`, {
      bucket,
      query: { versions: '', prefix: 'list/', delimiter: '/' },
    })
    if (policy !== undefined) await govern(undefined)
  }
})

it('completes an upload of 10,000 parts without a stall', async () => {
  const target = { bucket, key: 'parts' }
  const begun = await client.send({ method: 'POST', ...target, query: { uploads: '' } })
  const uploadId = /<UploadId>(.*?)<\/UploadId>/.exec(begun.text)?.[1] ?? ''
  const etag = createHash('md5').update('a').digest('hex')
  const part = async (at: number): Promise<void> => {
    const query = { uploadId, partNumber: String(at) }
    expect((await client.send({ method: 'PUT', ...target, query, body: 'a' })).status).toBe(200)
  }
  for (let at = 1; at <= 10_000; at += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, next) => part(at + next)))
  }
  const listed = Array.from(
    { length: 10_000 },
    (_, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  )
  const body = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`
  await check('ListParts of 10,000', { ...target, query: { uploadId } })
  await check('CompleteMultipartUpload of 10,000', {
    method: 'POST',
    ...target,
    query: { uploadId },
    body,
  })
  await check('AbortMultipartUpload of 10,000', {
    method: 'DELETE',
    ...target,
    query: { uploadId },
  })
})
