import { beforeAll, expect, it } from 'vitest'

import { amzDate, presignQuery, SigningKey, type QueryPair } from '@stowage/protocol'
import type { RawClient, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const now = new Date('2026-03-04T05:06:07Z')

describeServers(
  'authentication',
  (fixture) => {
    const bucket = 'authentic'
    let client: RawClient

    beforeAll(async () => {
      client = fixture().client
      await client.makeBucket(bucket)
      await client.put(bucket, 'key', 'hello')
    })

    function presigned(
      method: string,
      key: string,
      signedAt = now,
      expirySeconds = 60,
      parameters: readonly QueryPair[] = [],
    ): string {
      const { accessKey, secretKey, region, port } = client.server
      const date = amzDate(signedAt)
      const scope = { day: date.slice(0, 8), region, service: 's3' }
      const path = `/${bucket}/${key}`
      const query = presignQuery(
        new SigningKey(secretKey, scope),
        { accessKey, secretKey },
        {
          method,
          path,
          query: parameters,
          headers: { host: `127.0.0.1:${port}` },
          amzDate: date,
          expirySeconds,
        },
      )
      return `${path}?${query}`
    }

    function use(target: string, method = 'GET', body?: string): Promise<RawResponse> {
      const host = `127.0.0.1:${client.server.port}`
      return client.exchange(method, target, { host }, body)
    }

    it('takes a presigned URL for what it was signed for', async () => {
      expect(await use(presigned('GET', 'key'))).toMatchObject({ status: 200, text: 'hello' })
      expect((await use(presigned('PUT', 'put'), 'PUT', 'by url')).status).toBe(200)
      expect((await client.get(bucket, 'put')).text).toBe('by url')
    })

    it.each(['HEAD', 'PUT', 'DELETE', 'POST'])('refuses that of a GET for %s', async (method) => {
      const { status } = await use(presigned('GET', 'key'), method)
      expect(status).toBe(403)
      expect((await client.get(bucket, 'key')).text).toBe('hello')
    })

    it('refuses one that was changed, or is too old', async () => {
      const target = presigned('GET', 'key')
      const damaged = [
        target.replace('/key?', '/put?'),
        target.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'),
        `${target}&response-content-type=text%2Fhtml`,
      ]
      for (const one of damaged) expect((await use(one)).code).toBe('SignatureDoesNotMatch')
      const old = presigned('GET', 'key', new Date(now.getTime() - 61_000), 60)
      expect((await use(old)).code).toBe('AccessDenied')
    })

    it('counts x-amz parameters of a presigned URL as the headers they stand for', async () => {
      const upload = (...parameters: readonly QueryPair[]): Promise<RawResponse> =>
        use(presigned('PUT', 'hoisted', now, 60, parameters), 'PUT', 'by url')
      // The checksum of nothing, which the client of AWS puts in, is not looked at.
      const stored = await upload(
        ['X-Amz-Meta-Colour', 'red é'],
        ['x-amz-checksum-crc32', 'AAAAAA=='],
      )
      expect(stored.status).toBe(200)
      const { headers } = await client.get(bucket, 'hoisted')
      const wire = Buffer.from('red é').toString('latin1')
      expect(headers).toMatchObject({ 'x-amz-meta-colour': wire })

      // A copy has no body.
      const copy = await upload(['x-amz-copy-source', `/${bucket}/key`])
      expect(copy.code).toBe('UnexpectedContent')
      expect((await upload(['x-amz-meta-a', 'b\r\nc: d'])).code).toBe('InvalidArgument')
      expect((await upload(['x-amz-meta-a:', 'b'])).code).toBe('InvalidArgument')
      const twice = await upload(['x-amz-acl', 'private'], ['x-amz-acl', 'public-read'])
      expect(twice.code).toBe('InvalidRequest')
      expect((await client.get(bucket, 'hoisted')).text).toBe('by url')
    })

    it('takes a URL that holds a copy source for no copy', async () => {
      const host = `127.0.0.1:${client.server.port}`
      const headers = { host, 'x-amz-copy-source': `/${bucket}/key` }
      const refused = await client.exchange('PUT', presigned('PUT', 'copied'), headers, '')
      expect(refused).toMatchObject({ status: 403, code: 'AccessDenied' })
    })

    it('knows one access key and one region', async () => {
      const { target, headers } = client.head({ bucket, key: 'key' })
      const authorization = headers['authorization'] ?? ''
      const changed = (from: RegExp, to: string): Promise<RawResponse> =>
        client.exchange('GET', target, {
          ...headers,
          authorization: authorization.replace(from, to),
        })
      expect((await changed(/Credential=[^/]*/, 'Credential=nobody')).code).toBe(
        'InvalidAccessKeyId',
      )
      expect((await changed(/us-east-1/, 'eu-west-1')).code).toBe('AuthorizationHeaderMalformed')
      expect((await changed(/.$/, 'z')).status).toBeGreaterThanOrEqual(400)
      expect((await changed(/^/, '')).text).toBe('hello')
    })

    it('finds the bucket in the host', async () => {
      const host = `${bucket}.localhost:${client.server.port}`
      const read = await client.send({ path: '/key', headers: { host } })
      expect(read).toMatchObject({ status: 200, text: 'hello' })
      expect((await client.send({ method: 'HEAD', path: '/', headers: { host } })).status).toBe(200)
    })

    it('treats escapes of one key as one key', async () => {
      expect((await client.send({ path: `/${bucket}/%6bey` })).text).toBe('hello')
      expect((await client.send({ path: `/${bucket}%2Fkey` })).text).toBe('hello')
    })
  },
  { now: () => now },
)
