import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '@stowage/server'
import type { RawClient, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

interface Rule {
  readonly origins?: readonly string[]
  readonly methods?: readonly string[]
  readonly headers?: readonly string[]
  readonly exposed?: readonly string[]
  readonly maxAge?: string
  readonly id?: string
}

function elements(name: string, values: readonly string[]): string {
  return values.map((value) => `<${name}>${value}</${name}>`).join('')
}

function documentOf(...rules: Rule[]): string {
  const body = rules.map((rule) => {
    const { origins = ['https://good.com'], methods = ['GET'], headers = [], exposed = [] } = rule
    return (
      `<CORSRule>${rule.id === undefined ? '' : `<ID>${rule.id}</ID>`}` +
      elements('AllowedOrigin', origins) +
      elements('AllowedMethod', methods) +
      elements('AllowedHeader', headers) +
      elements('ExposeHeader', exposed) +
      (rule.maxAge === undefined ? '' : `<MaxAgeSeconds>${rule.maxAge}</MaxAgeSeconds>`) +
      `</CORSRule>`
    )
  })
  return `<CORSConfiguration>${body.join('')}</CORSConfiguration>`
}

describeServers('CORS of a bucket', (fixture) => {
  const bucket = 'shared'
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
    await client.makeBucket('closed')
    await client.put(bucket, 'key', 'content')
  })

  function put(document: string): Promise<RawResponse> {
    const md5 = createHash('md5').update(document).digest('base64')
    const headers = { 'content-md5': md5 }
    return client.send({ method: 'PUT', bucket, query: { cors: '' }, headers, body: document })
  }

  function preflight(
    origin: string | undefined,
    method: string | undefined,
    headers?: string,
    path = `/${bucket}/key`,
  ): Promise<RawResponse> {
    return client.exchange('OPTIONS', path, {
      host: `127.0.0.1:${client.server.port}`,
      ...(origin === undefined ? {} : { origin }),
      ...(method === undefined ? {} : { 'access-control-request-method': method }),
      ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
    })
  }

  const rule: Rule = {
    origins: ['https://good.com', 'https://*.good.org'],
    methods: ['GET', 'PUT'],
    headers: ['content-type', 'x-amz-*'],
    exposed: ['ETag', 'x-amz-version-id'],
    maxAge: '600',
  }

  describe('as a document', () => {
    it('is kept, given back and removed', async () => {
      expect((await put(documentOf({ ...rule, id: 'first' }))).status).toBe(200)
      const got = await client.send({ bucket, query: { cors: '' } })
      expect(got.text).toContain(documentOf({ ...rule, id: 'first' }).slice(19, -20))
      expect((await client.send({ method: 'DELETE', bucket, query: { cors: '' } })).status).toBe(
        204,
      )
      const gone = await client.send({ bucket, query: { cors: '' } })
      expect(gone).toMatchObject({ status: 404, code: 'NoSuchCORSConfiguration' })
    })

    it.each([
      ['no rules', documentOf()],
      ['too many rules', documentOf(...Array.from({ length: 101 }, () => rule))],
      ['no origin', documentOf({ origins: [] })],
      ['two stars in an origin', documentOf({ origins: ['https://*.*.com'] })],
      ['a line end in an origin', documentOf({ origins: ['https://a&#13;&#10;b'] })],
      ['no method', documentOf({ methods: [] })],
      ['OPTIONS', documentOf({ methods: ['OPTIONS'] })],
      ['a method in lower case', documentOf({ methods: ['get'] })],
      ['two stars in a header', documentOf({ headers: ['*a*'] })],
      ['a line end in a header', documentOf({ headers: ['a&#10;b'] })],
      ['a star in an exposed header', documentOf({ exposed: ['*'] })],
      ['a line end in an exposed header', documentOf({ exposed: ['a&#13;&#10;set-cookie: b'] })],
      ['an ID that is too long', documentOf({ id: 'x'.repeat(256) })],
    ])('is refused with %s', async (_, document) => {
      expect(await put(document)).toMatchObject({ status: 400, code: 'InvalidRequest' })
    })

    it('is refused when it is malformed, and without a checksum', async () => {
      expect((await put('<CORSConfiguration>')).code).toBe('MalformedXML')
      expect((await put(documentOf({ maxAge: '-1' }))).code).toBe('MalformedXML')
      const request = { method: 'PUT', bucket, query: { cors: '' }, body: documentOf(rule) }
      expect((await client.send(request)).code).toBe('InvalidRequest')
    })

    it('needs permission and a bucket', async () => {
      const stranger = await client.send({ bucket, query: { cors: '' }, signed: false })
      expect(stranger.code).toBe('AccessDenied')
      const missing = await client.send({ bucket: 'missing', query: { cors: '' } })
      expect(missing.code).toBe('NoSuchBucket')
    })
  })

  describe('before a request', () => {
    beforeAll(async () => {
      const overlapping: Rule = { origins: ['https://ab*ab.net'] }
      const open: Rule = { origins: ['*'], methods: ['HEAD'] }
      await put(documentOf(rule, open, { origins: ['null'] }, overlapping))
    })

    it('allows what a rule allows, with these headers', async () => {
      const asked = 'Content-Type, x-amz-meta-a'
      const { status, headers, text } = await preflight('https://good.com', 'PUT', asked)
      expect(status).toBe(200)
      expect(text).toBe('')
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'https://good.com',
        'access-control-allow-methods': 'GET, PUT',
        'access-control-allow-headers': 'content-type, x-amz-meta-a',
        'access-control-expose-headers': 'ETag, x-amz-version-id',
        'access-control-max-age': '600',
        'access-control-allow-credentials': 'true',
        vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
      })
    })

    it('allows by a star, and then no credentials', async () => {
      const part = await preflight('https://a.good.org', 'GET')
      expect(part.headers['access-control-allow-origin']).toBe('https://a.good.org')
      expect(part.headers).not.toHaveProperty('access-control-allow-credentials')
      const all = await preflight('https://anybody.example', 'HEAD')
      expect(all.headers['access-control-allow-origin']).toBe('*')
      expect(all.headers).not.toHaveProperty('access-control-allow-credentials')
    })

    it('takes `null` for an origin of its own', async () => {
      const { status, headers } = await preflight('null', 'GET')
      expect(status).toBe(200)
      expect(headers['access-control-allow-origin']).toBe('null')
    })

    it.each([
      ['another site', 'https://evil.com', 'GET', undefined],
      ['a site that begins the same', 'https://good.com.evil.com', 'GET', undefined],
      ['a site that ends the same', 'https://evilgood.org', 'GET', undefined],
      ['a site in upper case', 'https://GOOD.com', 'GET', undefined],
      ['a star that has to stand for less than nothing', 'https://ab.net', 'GET', undefined],
      ['another scheme', 'http://good.com', 'GET', undefined],
      ['another port', 'https://good.com:8443', 'GET', undefined],
      ['another method', 'https://good.com', 'DELETE', undefined],
      ['a method in lower case', 'https://good.com', 'get', undefined],
      ['another header', 'https://good.com', 'GET', 'x-other'],
      ['no name of a header', 'https://good.com', 'GET', 'x-amz-a b'],
      ['too many headers', 'https://good.com', 'GET', 'x-amz-a,'.repeat(200)],
    ])('refuses %s', async (_, origin, method, headers) => {
      const refused = await preflight(origin, method, headers)
      expect(refused).toMatchObject({ status: 403, code: 'AccessForbidden' })
      expect(refused.headers).not.toHaveProperty('access-control-allow-origin')
    })

    it('tells nothing of buckets without rules, or missing', async () => {
      const answers = await Promise.all(
        ['/closed/key', '/missing/key', '/'].map((path) =>
          preflight('https://good.com', 'GET', undefined, path),
        ),
      )
      for (const answer of answers) expect(answer.code).toBe('AccessForbidden')
    })

    it('refuses what is no such question', async () => {
      expect((await preflight(undefined, 'GET')).code).toBe('BadRequest')
      expect((await preflight('https://good.com', undefined)).code).toBe('BadRequest')
    })
  })

  describe('with an answer', () => {
    beforeAll(() => put(documentOf(rule)))

    it('lets pages read it when a rule matches', async () => {
      const read = await client.get(bucket, 'key', { origin: 'https://good.com' })
      expect(read.text).toBe('content')
      expect(read.headers).toMatchObject({
        'access-control-allow-origin': 'https://good.com',
        'access-control-expose-headers': 'ETag, x-amz-version-id',
      })
      const missing = await client.get(bucket, 'missing', { origin: 'https://good.com' })
      expect(missing.status).toBe(404)
      expect(missing.headers['access-control-allow-origin']).toBe('https://good.com')
      const denied = await client.send({
        bucket,
        key: 'key',
        signed: false,
        headers: { origin: 'https://good.com' },
      })
      expect(denied.status).toBe(403)
      expect(denied.headers['access-control-allow-origin']).toBe('https://good.com')
    })

    it('keeps caches from mixing sites', async () => {
      const other = await client.get(bucket, 'key', { origin: 'https://evil.com' })
      expect(other.status).toBe(200)
      expect(other.headers).not.toHaveProperty('access-control-allow-origin')
      expect(other.headers.vary).toContain('Origin')
      expect((await client.get(bucket, 'key')).headers).not.toHaveProperty('vary')
    })
  })
})

describeServers(
  'CORS of a server',
  (fixture) => {
    it('holds for every bucket', async () => {
      const { client } = fixture()
      const host = `127.0.0.1:${client.server.port}`
      const headers = {
        host,
        origin: 'https://app.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-amz-date',
      }
      const { status, headers: got } = await client.exchange('OPTIONS', '/any/key', headers)
      expect(status).toBe(200)
      expect(got).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-methods': 'GET, PUT, POST, DELETE, HEAD',
        'access-control-allow-headers': 'x-amz-date',
        'access-control-max-age': '60',
      })
      const list = await client.send({ headers: { origin: 'https://app.example' } })
      expect(list.headers['access-control-allow-origin']).toBe('https://app.example')
    })
  },
  { cors: { allowedOrigins: ['https://app.example'], exposeHeaders: ['ETag'], maxAgeSeconds: 60 } },
)

describe('the option cors', () => {
  it.each([
    { allowedOrigins: [] },
    { allowedOrigins: ['a\r\nb'] },
    { allowedOrigins: ['*'], exposeHeaders: ['a\nb'] },
    { allowedOrigins: ['*'], maxAgeSeconds: -1 },
    { allowedOrigins: ['*'], maxAgeSeconds: 0.5 },
  ])('refuses %j', async (cors) => {
    await expect(startServer({ cors })).rejects.toThrow(TypeError)
  })
})
