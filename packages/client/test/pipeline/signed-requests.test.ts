import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex, verifyRequest, type Verdict } from '@stowage/protocol'
import {
  httpReply,
  ScriptedServer,
  type RecordedRequest,
} from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import type { CallOptions } from '../../src/options.ts'
import { sseC, sseKms, sseS3 } from '../../src/request/sse.ts'
import { assembledFor, clientOf, keys } from '../support/assembled.ts'
import { uploadData } from '../../src/transfer/put-object.ts'

const sessionToken = 'token/with+signs='
const listing = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
const buckets = '<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>'
const customer = sseC(new Uint8Array(32).fill(7))
const conditions = {
  ifMatch: 'abc',
  ifNoneMatch: '*',
  ifModifiedSince: new Date(0),
  ifUnmodifiedSince: new Date(1e12),
}
/** What callers may add to any call, with what is hard to sign: blanks, order, signs. */
const call: CallOptions = {
  requestHeaders: {
    'X-Amz-Request-Payer': 'requester',
    'x-amz-expected-bucket-owner': '  1234 5678 ',
    'X-Custom': 'a,  b',
    'Accept-Encoding': 'identity',
    'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
    zeta: '~',
  },
  extraQueryParams: [
    ['x-id', 'a b+c&d=é'],
    ['A', ''],
    ['x-id', 'A'],
    ['~', '!*()'],
  ],
}

type Operation = (client: Client, options: CallOptions) => Promise<unknown>

const operations: Readonly<Record<string, Operation>> = {
  makeBucket: (client, options) => client.makeBucket('bkt', options),
  'makeBucket with a body': (client, options) =>
    client.makeBucket('bkt', { ...options, region: 'eu-west-1', objectLock: true }),
  listBuckets: (client, options) => client.listBuckets({ ...options, prefix: 'a b' }).toArray(),
  bucketExists: (client, options) => client.bucketExists('bkt', options),
  removeBucket: (client, options) => client.removeBucket('bkt', options),
  'putObject of bytes': (client, options) => client.putObject('bkt', 'a b', 'bytes', options),
  'putObject of nothing': (client, options) => client.putObject('bkt', 'k', '', options),
  'putObject with everything': (client, options) =>
    client.putObject('bkt', 'k', 'bytes', {
      ...options,
      contentType: 'text/plain;  charset=utf-8',
      metadata: { plain: ' a  b ', other: 'été', 'Cache-Control': 'no-cache', __proto__x: 'y' },
      tags: { 'a b': 'c=d&e', é: '' },
      storageClass: 'STANDARD_IA',
      sse: customer,
      conditions: { ifNoneMatch: '*' },
    }),
  'putObject under SSE-KMS': (client, options) =>
    client.putObject('bkt', 'k', 'x', { ...options, sse: sseKms('key', { a: 'é' }) }),
  'putObject under SSE-S3': (client, options) =>
    client.putObject('bkt', 'k', 'x', { ...options, sse: sseS3() }),
  'putObject of a source': (client, options) =>
    client.putObject('bkt', 'k', ['ab', 'c'], { ...options, length: 3 }),
  'putObject of a Blob': (client, options) =>
    client.putObject('bkt', 'k', new Blob(['blob']), options),
  getObject: async (client, options) => (await client.getObject('bkt', 'k', options)).bytes(),
  'getObject with everything': async (client, options) =>
    (
      await client.getObject('bkt', 'k', {
        ...options,
        offset: 0,
        length: 2,
        sse: customer,
        versionId: 'v 1',
        conditions,
      })
    ).bytes(),
  'statObject with everything': (client, options) =>
    client.statObject('bkt', 'k', { ...options, sse: customer, versionId: 'v&1', conditions }),
  'removeObject with everything': (client, options) =>
    client.removeObject('bkt', 'k', { ...options, versionId: 'v', bypassGovernance: true }),
  'listObjectsV2 with everything': (client, options) =>
    client
      .listObjectsV2('bkt', {
        ...options,
        prefix: 'a b/é',
        startAfter: 'x~*',
        fetchOwner: true,
        includeUserMetadata: true,
        pageSize: 7,
        recursive: true,
      })
      .toArray(),
}

function replyTo(request: RecordedRequest): ReturnType<typeof httpReply> {
  if (request.method === 'GET' && request.target.startsWith('/?'))
    return httpReply(200, {}, buckets)
  if (request.target.includes('list-type=2')) return httpReply(200, {}, listing)
  if (request.header('range') !== undefined) {
    return httpReply(206, { 'content-range': 'bytes 0-1/9' }, 'ab')
  }
  return httpReply(200, { etag: '"e"' })
}

/** Without a path in the query: `GET /` of ListBuckets has none when nothing is asked for. */
function isListBuckets({ method, target }: RecordedRequest): boolean {
  return method === 'GET' && target === '/'
}

function verify(request: RecordedRequest, secretKey: string = keys.secretKey): Verdict {
  return verifyRequest(request, {
    region: 'us-east-1',
    now: new Date(),
    credentialsFor: (accessKey) =>
      accessKey === keys.accessKey ? { ...keys, secretKey, sessionToken } : undefined,
  })
}

function signedHeaders(request: RecordedRequest): string[] {
  const authorization = request.header('authorization') ?? ''
  return /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? []
}

describe('every request', () => {
  let server: ScriptedServer
  beforeAll(async () => {
    server = await ScriptedServer.start((request) =>
      isListBuckets(request) ? httpReply(200, {}, buckets) : replyTo(request),
    )
  })
  afterAll(() => server.close())

  async function sent(operation: Operation, options: CallOptions): Promise<RecordedRequest> {
    // Not shared: what one call learns must not change the next.
    await using client = clientOf(server.endpoint, { sessionToken })
    const first = server.requests.length
    await operation(client, options)
    const [request, ...more] = server.requests.slice(first)
    expect(more).toEqual([])
    if (!request) throw new Error('nothing was sent')
    return request
  }

  describe.each(Object.entries(operations))('%s', (_name, operation) => {
    it.each([
      ['plain', {}],
      ['with headers and parameters of the caller', call],
    ])('%s: the signature holds and covers all that counts', async (_case, options) => {
      const request = await sent(operation, options)
      expect(verify(request)).toMatchObject({ kind: 'signed', accessKey: keys.accessKey })
      expect(verify(request, 'another secret')).toMatchObject({ kind: 'refused' })
      const signed = new Set(signedHeaders(request))
      for (const [name] of request.headers) {
        const must = /^(x-amz-.*|host|content-type|content-md5)$/.test(name)
        if (must) expect(signed).toContain(name)
      }
      for (const name of [
        'user-agent',
        'accept-encoding',
        'connection',
        'content-length',
        'expect',
        'authorization',
      ]) {
        expect(signed).not.toContain(name)
      }
      expect(request.header('x-amz-security-token')).toBe(sessionToken)
    })

    it('never holds a header twice, nor a control character', async () => {
      const { headers } = await sent(operation, call)
      const names = headers.map(([name]) => name)
      expect(new Set(names).size).toBe(names.length)
      for (const [, value] of headers) expect(value).toMatch(/^[\t\x20-\x7e]*$/)
    })
  })

  it('is refused by the verifier when a proxy touches what is signed', async () => {
    const request = await sent(operations['putObject with everything'] ?? (async () => {}), {})
    const without = (name: string): RecordedRequest => ({
      ...request,
      method: request.method,
      target: request.target,
      headers: request.headers.filter(([candidate]) => candidate !== name),
    })
    for (const name of ['x-amz-tagging', 'content-type', 'x-amz-meta-plain']) {
      expect(verify(without(name))).toMatchObject({ kind: 'refused' })
    }
    expect(verify(without('user-agent'))).toMatchObject({ kind: 'signed' })
  })
})

describe('the payload hash', () => {
  const hashOf = async (
    data: Parameters<Client['putObject']>[2],
    payloadSigning: 'auto' | 'always' | 'never',
  ): Promise<string | undefined> => {
    await using server = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    await using client = clientOf(server.endpoint, { payloadSigning })
    await client.putObject('bkt', 'k', data)
    return server.onlyRequest.header('x-amz-content-sha256')
  }

  it('is that of bytes over plain http', async () => {
    expect(await hashOf('abc', 'auto')).toBe(sha256Hex('abc'))
    expect(await hashOf('', 'auto')).toBe(sha256Hex(''))
    expect(await hashOf('abc', 'always')).toBe(sha256Hex('abc'))
  })

  it('is that of what a source gave', async () => {
    expect(await hashOf(['a', 'bc'], 'auto')).toBe(sha256Hex('abc'))
  })

  it('is left out on demand, and where the bytes are not at hand', async () => {
    expect(await hashOf('abc', 'never')).toBe('UNSIGNED-PAYLOAD')
    await using server = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    await using parts = assembledFor(server.endpoint)
    await uploadData(parts.pipeline, 'bkt', 'k', new Blob(['abc']), {})
    expect(server.onlyRequest.header('x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD')
  })
})

describe('an anonymous client', () => {
  it('signs nothing and refuses to presign', async () => {
    await using server = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    await using client = clientOf(server.endpoint, {
      accessKey: undefined,
      secretKey: undefined,
      credentials: async () => undefined,
    })
    await client.statObject('bkt', 'k')
    const names = server.onlyRequest.headers.map(([name]) => name)
    expect(names.filter((name) => /^(authorization|x-amz-.*)$/.test(name))).toEqual([])
    await expect(client.presignedGetObject('bkt', 'k')).rejects.toMatchObject({
      argument: 'credentials',
    })
  })
})

describe('the prefix of an endpoint', () => {
  it('is sent and signed', async () => {
    await using server = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    await using client = clientOf(`${server.endpoint}/s3/v1/`, { sessionToken })
    await client.statObject('bkt', 'k')
    expect(server.onlyRequest.target).toBe('/s3/v1/bkt/k')
    expect(verify(server.onlyRequest)).toMatchObject({ kind: 'signed' })
  })
})

describe('an address of IPv6', () => {
  const isThere = Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === '::1')
  it.skipIf(!isThere)('stands in the Host once, in brackets, and is signed so', async () => {
    const seen: (readonly [string, string])[][] = []
    const server = createServer((request, response) => {
      const { rawHeaders: raw } = request
      seen.push(
        raw.flatMap((name, at) => (at % 2 ? [] : [[name.toLowerCase(), raw[at + 1] ?? '']])),
      )
      response.setHeader('etag', '"e"').end()
    })
    server.listen(0, '::1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // It listens at a port.
    await using client = clientOf(`http://[::1]:${port}`, { sessionToken })
    await client.statObject('bkt', 'k')
    server.close()
    const [headers = []] = seen
    expect(headers.filter(([name]) => name === 'host')).toEqual([['host', `[::1]:${port}`]])
    const verdict = verifyRequest(
      { method: 'HEAD', target: '/bkt/k', headers },
      {
        region: 'us-east-1',
        now: new Date(),
        credentialsFor: () => ({ ...keys, sessionToken }),
      },
    )
    expect(verdict).toMatchObject({ kind: 'signed' })
  })
})
