import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { sha256Hex, SigningKey, type HeaderPair } from '@stowage/protocol'
import { AttackedStore } from './support/attacked-store.ts'
import { MemoryServer, type WireReply } from './support/memory-server.ts'

const now = new Date('2026-03-04T05:06:07Z')
const signer = {
  accessKey: 'root',
  secretKey: 'secret-of-root',
  region: 'us-east-1',
  host: 'localhost:9000',
  now,
}

/** A request that is signed as it says, however odd that is. */
interface OddRequest {
  readonly method?: string
  readonly path?: string
  /** Raw; for a URL without the parameters of the signature. */
  readonly query?: string
  readonly headers?: readonly HeaderPair[]
  readonly signedHeaders?: string
  readonly payloadHash?: string
  readonly body?: string
  readonly date?: string
  readonly scope?: string
  /** Canonical forms, where they are not the raw ones. */
  readonly canonicalPath?: string
  readonly canonicalQuery?: string
  readonly canonicalHeaders?: Readonly<Record<string, string>>
  /** For a URL: the value of X-Amz-Expires. */
  readonly expires?: string
}

const wireDate = '20260304T050607Z'
const ownScope = '20260304/us-east-1/s3/aws4_request'

/** The signature of these very texts. */
function signatureOf(input: OddRequest, headers: readonly HeaderPair[], query: string): string {
  const { method = 'GET', path = '/attacked/other', date = wireDate, scope = ownScope } = input
  const { signedHeaders = 'host;x-amz-content-sha256;x-amz-date', payloadHash = '' } = input
  const canonicalHeaders = signedHeaders.split(';').map((name) => {
    const values = headers.filter(([other]) => other === name.toLowerCase())
    const own = values.map(([, value]) => value).join(',')
    return `${name}:${input.canonicalHeaders?.[name] ?? own}\n`
  })
  const canonical = [
    method,
    input.canonicalPath ?? path,
    query,
    canonicalHeaders.join(''),
    signedHeaders,
    payloadHash,
  ].join('\n')
  const [day = '', region = '', service = ''] = scope.split('/')
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256Hex(canonical)].join('\n')
  return new SigningKey(signer.secretKey, { day, region, service }).sign(text)
}

describe('a signature', () => {
  let server: MemoryServer
  let store: AttackedStore
  let pristine: string

  beforeAll(async () => {
    server = await MemoryServer.start(signer, () => now)
    store = await AttackedStore.seed(server, signer)
    pristine = await store.dump()
  })

  afterAll(async () => {
    expect(server.defects).toEqual([])
    await server.close()
  })

  function inHeader(input: OddRequest): Promise<WireReply> {
    const { method = 'GET', path = '/attacked/other', query = '', body = '' } = input
    const payloadHash = input.payloadHash ?? sha256Hex(body)
    const { signedHeaders = 'host;x-amz-content-sha256;x-amz-date', scope = ownScope } = input
    const headers: readonly HeaderPair[] = [
      ['host', signer.host],
      ['x-amz-date', input.date ?? wireDate],
      ['x-amz-content-sha256', payloadHash],
      ...(input.headers ?? []),
    ]
    const signature = signatureOf({ ...input, payloadHash }, headers, input.canonicalQuery ?? query)
    const authorization = `AWS4-HMAC-SHA256 Credential=root/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`
    return store.send({
      method,
      target: query === '' ? path : `${path}?${query}`,
      headers: [
        ...headers,
        ['authorization', authorization],
        ['connection', 'close'],
        ['content-length', String(Buffer.byteLength(body))],
      ],
      body: Buffer.from(body),
    })
  }

  function inQuery(input: OddRequest): Promise<WireReply> {
    const { method = 'GET', path = '/attacked/other', scope = ownScope, expires = '60' } = input
    const { signedHeaders = 'host', date = wireDate, body = '' } = input
    const query = [
      'X-Amz-Algorithm=AWS4-HMAC-SHA256',
      `X-Amz-Credential=${encodeURIComponent(`root/${scope}`)}`,
      `X-Amz-Date=${date}`,
      `X-Amz-Expires=${encodeURIComponent(expires)}`,
      `X-Amz-SignedHeaders=${encodeURIComponent(signedHeaders)}`,
      ...(input.query === undefined ? [] : [input.query]),
    ]
    const headers: readonly HeaderPair[] = [['host', signer.host], ...(input.headers ?? [])]
    const facts = { payloadHash: 'UNSIGNED-PAYLOAD', ...input, signedHeaders }
    const signature = signatureOf(facts, headers, query.join('&'))
    return store.send({
      method,
      target: `${path}?${query.join('&')}&X-Amz-Signature=${signature}`,
      headers: [
        ...headers,
        ['connection', 'close'],
        ['content-length', String(Buffer.byteLength(body))],
      ],
      body: Buffer.from(body),
    })
  }

  it('is taken in a header and in the query when it is what it should be', async () => {
    expect((await inHeader({})).status).toBe(200)
    expect((await inQuery({})).status).toBe(200)
  })

  const usual = 'host;x-amz-content-sha256;x-amz-date'

  it.each([
    ['none', ''],
    ['no host', 'x-amz-content-sha256;x-amz-date'],
    ['no date', 'host;x-amz-content-sha256'],
    ['one that is missing', `${usual};x-amz-meta-a`],
    ['one twice', `host;${usual}`],
    ['capitals', 'Host;x-amz-content-sha256;x-amz-date'],
    ['another order', 'x-amz-date;x-amz-content-sha256;host'],
    ['an empty name', `;${usual}`],
    ['a name of blanks', `${usual}; `],
    [
      'ten thousand',
      [...Array.from({ length: 10_000 }, (_, index) => `a${index}`)].sort().join(';'),
    ],
  ])('covers a well-formed list of headers: %s', async (_, signedHeaders) => {
    const refused = await inHeader({ signedHeaders })
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(refused.status).toBeLessThan(500)
  })

  it.each([
    ['16 minutes ago', '20260304T045006Z', 'RequestTimeTooSkewed'],
    ['in 16 minutes', '20260304T052208Z', 'RequestTimeTooSkewed'],
    ['of another day than its scope', '20260303T050607Z', 'AccessDenied'],
    ['that is none', '20260304T250607Z', 'AccessDenied'],
    ['in another form', 'Wed, 04 Mar 2026 05:06:07 GMT', 'AccessDenied'],
    ['that is empty', '', 'AccessDenied'],
  ])('has a date of now, not one %s', async (_, date, code) => {
    expect((await inHeader({ date })).code).toBe(code)
  })

  it.each(['0', '-1', '604801', '1e3', '', '60 ', '+60', '0x10', '99999999999999999999'])(
    'lives for a number of seconds, not for "%s"',
    async (expires) => {
      expect((await inQuery({ expires })).code).toBe('AuthorizationQueryParametersError')
    },
  )

  it.each([
    ['expired a second ago', '20260304T050506Z', 'AccessDenied'],
    ['begins in 16 minutes', '20260304T052208Z', 'AccessDenied'],
  ])('is refused in a URL that %s', async (_, date, code) => {
    expect((await inQuery({ date })).code).toBe(code)
  })

  it.each([
    ['another region', '20260304/eu-west-1/s3/aws4_request'],
    ['another service', '20260304/us-east-1/sts/aws4_request'],
    ['tables', '20260304/us-east-1/s3tables/aws4_request'],
    ['three parts', '20260304/us-east-1/s3'],
    ['six parts', '20260304/us-east-1/s3/s3/aws4_request/x'],
    ['another end', '20260304/us-east-1/s3/aws5_request'],
    ['no day', '/us-east-1/s3/aws4_request'],
    ['no region', '20260304//s3/aws4_request'],
  ])('is for this service in this region, not for %s', async (_, scope) => {
    expect((await inHeader({ scope })).code).toBe('AuthorizationHeaderMalformed')
    expect((await inQuery({ scope })).code).toBe('AuthorizationQueryParametersError')
  })

  const empty = sha256Hex('')

  it.each([
    ['the hash of nothing', empty, 'XAmzContentSHA256Mismatch'],
    ['of another body', sha256Hex('y'), 'XAmzContentSHA256Mismatch'],
    ['of 63 digits', sha256Hex('x').slice(1), 'InvalidArgument'],
    ['of 65 digits', `${sha256Hex('x')}0`, 'InvalidArgument'],
    ['in capitals', sha256Hex('x').toUpperCase(), 'InvalidArgument'],
    ['an unknown marker', 'UNSIGNED', 'InvalidArgument'],
    ['a marker of version 4A', 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD', 'InvalidArgument'],
  ])('states the hash of the body, not %s', async (_, payloadHash, code) => {
    const put = { method: 'PUT', path: '/attacked/other', body: 'x', payloadHash }
    expect((await inHeader(put)).code).toBe(code)
    expect(await store.dump()).toBe(pristine)
  })

  it('covers no copy source with blanks that it does not count', async () => {
    const signedHeaders = 'host;x-amz-content-sha256;x-amz-copy-source;x-amz-date'
    const copy = (sent: string): Promise<WireReply> =>
      inHeader({
        method: 'PUT',
        path: '/attacked/other',
        signedHeaders,
        headers: [['x-amz-copy-source', sent]],
        canonicalHeaders: { 'x-amz-copy-source': 'attacked/a b' },
      })
    expect((await copy('attacked/a  b')).code).toBe('InvalidRequest')
    expect((await copy('attacked/a b')).code).toBe('NoSuchKey')
    expect((await copy('  attacked/a b ')).code).toBe('NoSuchKey')
  })

  it('needs the header of the hash', async () => {
    const refused = await store.send({
      method: 'GET',
      target: '/attacked/other',
      headers: [
        ['host', signer.host],
        ['x-amz-date', wireDate],
        [
          'authorization',
          `AWS4-HMAC-SHA256 Credential=root/${ownScope}, SignedHeaders=host;x-amz-date, Signature=${empty}`,
        ],
        ['connection', 'close'],
      ],
      body: Buffer.alloc(0),
    })
    expect(refused).toMatchObject({ status: 400, code: 'InvalidRequest' })
  })

  it('in a URL for an object is good for no bucket and no other method', async () => {
    for (const path of ['/attacked', '/attacked/', '/', '//attacked/other']) {
      const url = await inQuery({ method: 'DELETE', path, canonicalPath: '/attacked/other' })
      expect([path, url.status]).toEqual([path, 403])
    }
    for (const method of ['PUT', 'DELETE', 'POST', 'HEAD']) {
      const signed = signatureOf({ signedHeaders: 'host' }, [['host', signer.host]], '')
      const url = await inQuery({ method, query: `x=${signed}`, canonicalPath: '/' })
      expect([method, url.status]).toEqual([method, 403])
    }
    expect(await store.dump()).toBe(pristine)
  })

  it.each([
    ['an escaped slash', '/attacked%2Fother', '/attacked/other'],
    ['an escape of a plain letter', '/attacked/%6Fther', '/attacked/other'],
    ['an escape in small letters', '/attacked/present%2bthing', '/attacked/present%2Bthing'],
    ['a dot', '/attacked/./other', '/attacked/other'],
    ['two dots', '/attacked/x/../other', '/attacked/other'],
    ['two slashes', '/attacked//other', '/attacked/other'],
    ['two escapes', '/attacked/%256Fther', '/attacked/%6Fther'],
  ])('covers the path as it was sent: %s', async (_, path, canonicalPath) => {
    expect((await inHeader({ path, canonicalPath })).code).toBe('SignatureDoesNotMatch')
  })

  it.each(['/attacked/%', '/attacked/%4', '/attacked/%zz', '/attacked/%ff', '/attacked/%c0%af'])(
    'covers no path that cannot be decoded: %s',
    async (path) => {
      expect((await inHeader({ path })).code).toBe('InvalidURI')
    },
  )

  it.each([
    ['a plus for a blank', 'prefix=a+b', 'prefix=a%2Bb'],
    ['a semicolon', 'prefix=a;max-keys=1', 'max-keys=1&prefix=a'],
    ['a name twice', 'prefix=a&prefix=b', 'prefix=a'],
    ['an escaped ampersand', 'prefix=a%26max-keys=1', 'max-keys=1&prefix=a'],
  ])('covers the query as it was sent: %s', async (_, query, canonicalQuery) => {
    const request = { path: '/attacked', query, canonicalQuery }
    expect((await inHeader(request)).code).toBe('SignatureDoesNotMatch')
  })

  it('is no way into a page for administrators', async () => {
    for (const path of [
      '/minio/health/live',
      '/minio/admin/v3/info',
      '/minio/v2/metrics/cluster',
    ]) {
      const anonymous = await store.send({
        method: 'GET',
        target: path,
        headers: [
          ['host', signer.host],
          ['connection', 'close'],
        ],
        body: Buffer.alloc(0),
      })
      expect([path, anonymous.code]).toEqual([path, 'AccessDenied'])
      expect([path, (await inHeader({ path })).code]).toEqual([path, 'NoSuchBucket'])
    }
  })
})
