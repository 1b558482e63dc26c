import { createHmac } from 'node:crypto'
import { verifyRequest, type HeaderPair, type Verdict } from '@stowage/protocol'
import { describe, expect, it } from 'vitest'
import { Client } from '../../src/client.ts'
import { InvalidArgumentError } from '../../src/errors.ts'
import type { ClientOptions } from '../../src/options.ts'
import { PostPolicy } from '../../src/request/post-policy.ts'
import { sseC, sseKms, sseS3 } from '../../src/request/sse.ts'
import { httpReply, ScriptedServer } from '../../../../test/support/scripted-server.ts'
import { describeWithVectors } from '../../../../test/support/vectors.ts'
import { clientOf, failureOf, keys } from '../support/assembled.ts'

const now = new Date('2026-01-02T03:04:05Z')

/** What a store makes of a presigned request. */
function verdict(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  at: Date = now,
): Verdict {
  const match = /^https?:\/\/([^/]+)(.*)$/.exec(url)
  const pairs: HeaderPair[] = [['host', match?.[1] ?? ''], ...Object.entries(headers)]
  const credentialsFor = () => ({ ...keys, sessionToken: 'token+/=' })
  const options = { region: 'eu-west-9', now: at, credentialsFor }
  return verifyRequest({ method, target: match?.[2] ?? '', headers: pairs }, options)
}

const offline: Partial<ClientOptions> = { region: 'eu-west-9', sessionToken: 'token+/=' }
const region = 'us-east-1'

describe('presigned URLs', () => {
  it.each(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'] as const)('hold for %s', async (method) => {
    await using client = clientOf('http://127.0.0.1:9000/prefix', offline)
    const { url, headers } = await client.presignedRequest(method, 'bucket', 'a b/ü+%?#&.txt', {
      requestDate: now,
      expirySeconds: 60,
      extraQueryParams: { tagging: '', 'x y': 'ä&b=c' },
      headers: { 'Content-Type': 'text/plain', 'x-amz-meta-a': '1' },
      sse: sseC(Buffer.alloc(32, 1)),
      versionId: 'x&acl',
    })
    expect(verdict(method, url, headers)).toMatchObject({ kind: 'signed', presigned: true })
    expect(
      url.startsWith('http://127.0.0.1:9000/prefix/bucket/a%20b/%C3%BC%2B%25%3F%23%26.txt?'),
    ).toBe(true)
    expect(Object.keys(headers).sort()).toEqual([
      'content-type',
      'x-amz-meta-a',
      'x-amz-server-side-encryption-customer-algorithm',
      'x-amz-server-side-encryption-customer-key',
      'x-amz-server-side-encryption-customer-key-md5',
    ])
    expect(new URL(url).href).toBe(url)
    const other = method === 'GET' ? 'PUT' : 'GET'
    expect(verdict(other, url, headers).kind).toBe('refused')
    expect(verdict(method, url, { ...headers, 'content-type': 'text/html' }).kind).toBe('refused')
    expect(verdict(method, url, headers, new Date(now.getTime() + 61_000)).kind).toBe('refused')
    expect(verdict(method, url.replace('tagging', 'tagginh'), headers).kind).toBe('refused')
  })

  it('have the signature that the tests of minio-py expect', async () => {
    // minio-py, tests/unit/sign_test.py, test_presigned_versioned_id.
    const minio = { accessKey: 'minio', secretKey: 'minio123' }
    await using client = new Client({ endpoint: 'http://localhost:9000', region, ...minio })
    const options = { versionId: 'uuid', requestDate: new Date('2015-06-20T01:02:03.999Z') }
    const url = await client.presignedGetObject('bucket-name', 'objectName', options)
    const query = new Map(
      url
        .split('?')[1]
        ?.split('&')
        .map((pair) => pair.split('=') as [string, string]),
    )
    expect(query.get('X-Amz-Expires')).toBe('604800')
    expect(query.get('X-Amz-Date')).toBe('20150620T010203Z')
    expect(query.get('X-Amz-Signature')).toBe(
      '3ce13e2ca929fafa20581a05730e4e9435f2a5e20ec7c5a082d175692fb0a663',
    )
  })

  it.each([1, 604_800])('live for %i seconds, and not one more', async (expirySeconds) => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const options = { requestDate: now, expirySeconds }
    const url = await client.presignedGetObject('bucket', 'key', options)
    const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
    expect(verdict('GET', url, {}, after(expirySeconds)).kind).toBe('signed')
    expect(verdict('GET', url, {}, after(expirySeconds + 1)).kind).toBe('refused')
  })

  it('hold a parameter that comes twice, and one without a value', async () => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const extraQueryParams = [
      ['x', 'b'],
      ['x', 'a'],
      ['acl', ''],
    ] as const
    const url = await client.presignedUrl('GET', 'bucket', 'key', {
      requestDate: now,
      extraQueryParams,
    })
    expect(verdict('GET', url).kind).toBe('signed')
    for (const pair of ['x=a', 'x=b', 'acl=']) expect(url.split(/[?&]/)).toContain(pair)
  })

  it('ask of the writer what was signed, and no checksum of a body that nobody knows', async () => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const headers = { 'Content-Length': '5', 'Content-Type': 'text/plain', 'x-amz-acl': 'private' }
    const request = await client.presignedRequest('PUT', 'bucket', 'key', {
      requestDate: now,
      headers,
    })
    const signed = /X-Amz-SignedHeaders=([^&]*)/.exec(request.url)?.[1]
    expect(decodeURIComponent(signed ?? '').split(';')).toEqual([
      'content-length',
      'content-type',
      'host',
      'x-amz-acl',
    ])
    expect(request.headers).toMatchObject({ 'content-length': '5', 'x-amz-acl': 'private' })
    expect(request.url).not.toMatch(/checksum|sha256=/i)
    expect(verdict('PUT', request.url, request.headers).kind).toBe('signed')
    expect(verdict('PUT', request.url, { ...request.headers, 'content-length': '6' }).kind).toBe(
      'refused',
    )
  })

  it('are made for the public endpoint without a request to either', async () => {
    await using inside = await ScriptedServer.start([httpReply(500)])
    await using outside = await ScriptedServer.start([httpReply(500)])
    const publicEndpoint = `${outside.endpoint}/files`
    await using client = clientOf(inside.endpoint, { publicEndpoint })
    const url = await client.presignedGetObject('bucket', 'key')
    expect(url.startsWith(`${publicEndpoint}/bucket/key?`)).toBe(true)
    const policy = new PostPolicy().setBucket('bucket').setKey('key')
    const post = await client.presignedPostPolicy(policy.setExpires(new Date(Date.now() + 60_000)))
    expect(post.url).toBe(`${publicEndpoint}/bucket`)
    expect([inside.connections, outside.connections]).toEqual([0, 0])
  })

  it('are made for buckets as well', async () => {
    await using client = clientOf('http://[::1]:9000', offline)
    const options = { requestDate: now, extraQueryParams: { uploads: '' } }
    const url = await client.presignedUrl('GET', 'bucket', undefined, options)
    expect(url.startsWith('http://[::1]:9000/bucket?X-Amz-')).toBe(true)
    expect(url).toContain('&uploads=&')
    expect(verdict('GET', url).kind).toBe('signed')
    expect(new URL(url).href).toBe(url)
  })

  it('let one part be uploaded', async () => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const part = { uploadId: 'u/1+ =', partNumber: 10_000, requestDate: now }
    const url = await client.presignedUploadPart('bucket', 'key', part)
    expect(url).toContain('&partNumber=10000&uploadId=u%2F1%2B%20%3D&')
    expect(verdict('PUT', url).kind).toBe('signed')
  })

  it.each<[string, string, string]>([
    ['http://public.example/s3/', 'path', 'http://public.example/s3/bucket/key?'],
    ['https://public.example:8443', 'virtual', 'https://bucket.public.example:8443/key?'],
    ['https://public.example:443', 'path', 'https://public.example/bucket/key?'],
  ])('are made for the public endpoint %s in %s style', async (publicEndpoint, style, start) => {
    const addressing = style === 'path' ? 'path' : 'virtual'
    // Nobody listens there: a request would fail.
    await using client = clientOf('http://127.0.0.1:1', { ...offline, publicEndpoint, addressing })
    const url = await client.presignedGetObject('bucket', 'key', { requestDate: now })
    expect(url.startsWith(start)).toBe(true)
    expect(verdict('GET', url).kind).toBe('signed')
    const policy = new PostPolicy().setBucket('bucket').setKey('key').setExpires(later)
    const post = await client.presignedPostPolicy(policy, { requestDate: now })
    expect(start.startsWith(post.url)).toBe(true)
  })

  it.each<[string, (client: Client) => Promise<unknown>]>([
    // Wrong on purpose.
    ['method', (client) => client.presignedUrl('PATCH' as 'GET', 'bucket', 'key')],
    ['bucket', (client) => client.presignedUrl('GET', '', 'key')],
    ['object', (client) => client.presignedUrl('GET', 'bucket', '')],
    ['expirySeconds', (client) => client.presignedUrl('GET', 'bucket', 'k', { expirySeconds: 0 })],
    ...[-1, 604_801, 1.5, Number.NaN, '60'].map(
      (wrong): [string, (client: Client) => Promise<unknown>] => [
        'expirySeconds',
        // Wrong on purpose.
        (client) => client.presignedUrl('GET', 'bucket', 'k', { expirySeconds: wrong as number }),
      ],
    ),
    [
      'requestDate',
      (client) => client.presignedUrl('GET', 'bucket', 'k', { requestDate: new Date(Number.NaN) }),
    ],
    [
      'extraQueryParams',
      (client) =>
        client.presignedUrl('GET', 'bucket', 'k', { extraQueryParams: { 'x-amz-expires': '1' } }),
    ],
    [
      'partNumber',
      (client) => client.presignedUploadPart('bucket', 'k', { uploadId: 'u', partNumber: 0 }),
    ],
    [
      'uploadId',
      (client) => client.presignedUploadPart('bucket', 'k', { uploadId: '', partNumber: 1 }),
    ],
    [
      'responseHeaders',
      (client) =>
        client.presignedUrl('GET', 'bucket', 'k', { responseHeaders: { 'x-amz-acl': 'y' } }),
    ],
  ])('refuse a wrong %s', async (argument, presign) => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const error = await failureOf(presign(client))
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error).toMatchObject({ argument })
  })

  it('are not made without keys', async () => {
    const credentials = () => Promise.resolve(undefined)
    await using client = new Client({ endpoint: 'http://127.0.0.1:9000', credentials })
    expect(await failureOf(client.presignedUrl('GET', 'bucket', 'k'))).toMatchObject({
      argument: 'credentials',
    })
  })
})

const later = new Date(now.getTime() + 3600 * 1000)

interface HostileKeys {
  readonly keys: readonly {
    readonly key: string | null
    readonly whatwg_url_changes_it: boolean
    readonly legal_s3_key: boolean
  }[]
}

describeWithVectors<HostileKeys>('presigned URLs of keys', 'own/hostile-keys.json', (file) => {
  const legal = file.keys.flatMap(({ key, legal_s3_key, whatwg_url_changes_it }) =>
    key !== null && legal_s3_key ? [[key, whatwg_url_changes_it] as const] : [],
  )
  it.each(legal)('%j', async (key, changes) => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const url = await client.presignedUrl('GET', 'bkt', key, { requestDate: now })
    expect(verdict('GET', url).kind).toBe('signed')
    expect(new URL(url).href === url).toBe(!changes)
  })
})

interface Policy {
  readonly expiration: string
  readonly conditions: readonly (readonly (string | number)[])[]
}

/** The policy of a form, and whether its signature holds. */
function policyOf(fields: Readonly<Record<string, string>>, signingKey: Buffer): Policy {
  const text = fields['policy'] ?? ''
  const hmac = createHmac('sha256', signingKey).update(text).digest('hex')
  expect(fields['x-amz-signature']).toBe(hmac)
  return JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as Policy
}

/** Derived step by step, as AWS describes it, and without our own code. */
function signingKey(secret: string, day: string, region: string): Buffer {
  const hmac = (key: Buffer | string, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest()
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), 's3'), 'aws4_request')
}

const ourKey = signingKey(keys.secretKey, '20260102', 'eu-west-9')

describe('presignedPostPolicy', () => {
  it('gives every field a condition', async () => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const hostile = `"}],\\ é \u2028 \${filename} $x`
    const policy = new PostPolicy()
      .setBucket('bucket')
      .setKey(hostile)
      .setExpires(later)
      .setContentTypePrefix('image/')
      .setContentLengthRange(1, 1024)
      .setMetadata({ colour: 'grün', 'Cache-Control': 'no-cache' })
      .setSuccessActionStatus(201)
      .setSuccessActionRedirect('https://example.com/done?a=b')
      .setTags({ 'a&b': '<1>' })
      .setSse(sseKms('key-1', { a: 'b' }))
      .setStorageClass('STANDARD_IA')
      .addCondition('eq', '$acl', 'public-read')
      .addCondition('starts-with', 'x-amz-meta-tag', '')
    const { url, fields } = await client.presignedPostPolicy(policy, { requestDate: now })
    expect(url).toBe('http://127.0.0.1:9000/bucket')
    expect(fields).toMatchObject({
      key: hostile,
      'x-amz-meta-colour': '=?UTF-8?B?Z3LDvG4=?=',
      'cache-control': 'no-cache',
      success_action_status: '201',
      'x-amz-security-token': 'token+/=',
      'x-amz-credential': `${keys.accessKey}/20260102/eu-west-9/s3/aws4_request`,
      'x-amz-date': '20260102T030405Z',
    })
    expect(fields['tagging']).toContain('<Key>a&amp;b</Key><Value>&lt;1&gt;</Value>')
    const { expiration, conditions } = policyOf(fields, ourKey)
    expect(expiration).toBe('2026-01-02T04:04:05.000Z')
    const { policy: _, 'x-amz-signature': _signature, ...covered } = fields
    for (const [field, value] of Object.entries(covered)) {
      expect(conditions).toContainEqual(['eq', `$${field}`, value])
    }
    const others = conditions.filter(([, field]) => !(String(field).slice(1) in covered))
    expect(others).toEqual([
      ['eq', '$bucket', 'bucket'],
      ['starts-with', '$Content-Type', 'image/'],
      ['starts-with', '$x-amz-meta-tag', ''],
      ['content-length-range', 1, 1024],
    ])
  })

  it('lets the last call for a field count', async () => {
    await using client = clientOf('http://127.0.0.1:9000', { region: 'eu-west-9' })
    const policy = new PostPolicy()
      .setBucket('first')
      .setBucket('bucket')
      .setKey('key')
      .setKeyPrefix('user/')
      .setContentTypePrefix('image/')
      .addCondition('eq', 'content-type', 'image/png')
      .setExpires(later)
    const { fields } = await client.presignedPostPolicy(policy, { requestDate: now })
    expect(policyOf(fields, ourKey).conditions).toEqual([
      ['eq', '$bucket', 'bucket'],
      ['starts-with', '$key', 'user/'],
      ['eq', '$content-type', 'image/png'],
      ['eq', '$x-amz-algorithm', 'AWS4-HMAC-SHA256'],
      ['eq', '$x-amz-credential', fields['x-amz-credential']],
      ['eq', '$x-amz-date', '20260102T030405Z'],
    ])
    expect('key' in fields).toBe(false)
  })

  it('takes a life of seven days and not more', async () => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const presign = (ms: number) =>
      client.presignedPostPolicy(
        new PostPolicy()
          .setBucket('bucket')
          .setKey('key')
          .setExpires(new Date(now.getTime() + ms)),
        { requestDate: now },
      )
    await presign(7 * 86_400_000)
    await presign(1)
    for (const ms of [0, -1, 7 * 86_400_000 + 1]) {
      expect(await failureOf(presign(ms))).toMatchObject({ argument: 'expires' })
    }
  })

  it.each([
    ['bucket', new PostPolicy().setKey('key').setExpires(later)],
    ['key', new PostPolicy().setBucket('bucket').setExpires(later)],
    ['expiry', new PostPolicy().setBucket('bucket').setKey('key')],
  ])('refuses a policy without %s', async (_, policy) => {
    await using client = clientOf('http://127.0.0.1:9000', offline)
    const error = await failureOf(client.presignedPostPolicy(policy, { requestDate: now }))
    expect(error).toMatchObject({ argument: 'policy' })
  })

  it.each<[string, (policy: PostPolicy) => void]>([
    ['bucket', (policy) => policy.setBucket('')],
    ['object', (policy) => policy.setKey('')],
    ['prefix', (policy) => policy.setKeyPrefix('\ud800')],
    ['contentType', (policy) => policy.setContentType('')],
    ['contentType', (policy) => policy.setContentType('a\r\nb')],
    ['minBytes', (policy) => policy.setContentLengthRange(-1, 2)],
    ['maxBytes', (policy) => policy.setContentLengthRange(3, 2)],
    ['expires', (policy) => policy.setExpires(new Date(Number.NaN))],
    ['metadata', (policy) => policy.setMetadata({ 'a b': '' })],
    // Wrong on purpose.
    ['status', (policy) => policy.setSuccessActionStatus(302 as 200)],
    ['url', (policy) => policy.setSuccessActionRedirect('javascript:alert(1)')],
    ['operator', (policy) => policy.addCondition('like' as 'eq', 'acl', 'x')],
    ['field', (policy) => policy.addCondition('eq', 'X-Amz-Signature', 'x')],
    ['field', (policy) => policy.addCondition('eq', '$bucket', 'x')],
    ['field', (policy) => policy.addCondition('eq', '', 'x')],
    ['value', (policy) => policy.addCondition('eq', 'acl', '\udc00')],
  ])('refuses a wrong %s at once', (argument, build) => {
    expect(() => build(new PostPolicy())).toThrow(expect.objectContaining({ argument }))
  })
})

interface PostVector {
  readonly access_key: string
  readonly secret_key: string
  readonly policy_json_exact: string
  readonly signing_key_hex: string
}

describeWithVectors<PostVector>(
  'AWS example of POST',
  'aws-docs-s3-sigv4/post-policy.json',
  (vector) => {
    it('holds the same conditions, signed with the same key', async () => {
      await using client = new Client({
        endpoint: 'http://s3.amazonaws.com',
        region: 'us-east-1',
        accessKey: vector.access_key,
        secretKey: vector.secret_key,
      })
      const redirect = 'http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html'
      const policy = new PostPolicy()
        .setBucket('sigv4examplebucket')
        .setKeyPrefix('user/user1/')
        .addCondition('eq', 'acl', 'public-read')
        .setSuccessActionRedirect(redirect)
        .setContentTypePrefix('image/')
        .setMetadata({ uuid: '14365123651274' })
        .setSse(sseS3())
        .addCondition('starts-with', 'x-amz-meta-tag', '')
        .setExpires(new Date('2015-12-30T12:00:00.000Z'))
      const requestDate = new Date('2015-12-29T00:00:00Z')
      const { url, fields } = await client.presignedPostPolicy(policy, { requestDate })
      expect(url).toBe('http://sigv4examplebucket.s3.us-east-1.amazonaws.com/')
      const ours = policyOf(fields, Buffer.from(vector.signing_key_hex, 'hex'))
      const theirs = JSON.parse(vector.policy_json_exact) as {
        expiration: string
        conditions: (string[] | Record<string, string>)[]
      }
      expect(ours.expiration).toBe(theirs.expiration)
      const triples = theirs.conditions.map((condition): unknown[] =>
        Symbol.iterator in condition
          ? [...condition]
          : Object.entries(condition).flatMap(([field, value]) => ['eq', `$${field}`, value]),
      )
      // The order has no meaning.
      const sorted = (conditions: readonly unknown[]): string[] =>
        conditions.map((condition) => JSON.stringify(condition)).sort()
      expect(sorted(ours.conditions)).toEqual(sorted(triples))
    })
  },
)
