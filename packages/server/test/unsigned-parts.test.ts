import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { amzDate, presignQuery, sha256Hex, SigningKey, type QueryPair } from '@stowage/protocol'
import type { RawClient, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

type Headers = Readonly<Record<string, string>>

interface PresignedUse {
  readonly method?: string
  readonly path?: string
  readonly query?: readonly QueryPair[]
  /** Headers that the URL wants to be sent. */
  readonly signed?: Headers
  readonly payloadHash?: string
  /** Headers that whoever holds the URL adds. */
  readonly added?: Headers
  readonly body?: string
}

describeServers('what nobody signed', (fixture) => {
  const bucket = 'unsigned'
  const key = 'key'
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
  })

  beforeEach(async () => {
    await client.put(bucket, key, 'before')
  })

  const stored = async (name = key): Promise<string> => (await client.get(bucket, name)).text

  function use(input: PresignedUse): Promise<RawResponse> {
    const { method = 'PUT', path = `/${bucket}/${key}`, signed = {}, added = {} } = input
    const { accessKey, secretKey, region, port } = client.server
    const date = amzDate(new Date())
    const scope = { day: date.slice(0, 8), region, service: 's3' }
    const headers = { host: `127.0.0.1:${port}`, ...signed }
    const query = presignQuery(
      new SigningKey(secretKey, scope),
      { accessKey, secretKey },
      {
        method,
        path,
        query: input.query ?? [],
        headers,
        amzDate: date,
        expirySeconds: 60,
        payloadHash: input.payloadHash,
      },
    )
    return client.exchange(method, `${path}?${query}`, { ...headers, ...added }, input.body)
  }

  describe('orders of a header', () => {
    it.each(['x-minio-force-delete', 'X-Minio-Force-Delete'])(
      'refuses %s beside a presigned removal of a bucket',
      async (name) => {
        const removed = await use({
          method: 'DELETE',
          path: `/${bucket}`,
          added: { [name]: 'true' },
        })
        expect(removed).toMatchObject({ status: 403, code: 'AccessDenied' })
        expect(removed.text).toContain('<HeadersNotSigned>x-minio-force-delete<')
        expect(await stored()).toBe('before')
      },
    )

    it('refuses x-minio-force-delete beside the signature of a header', async () => {
      const unsignedHeaders = { 'x-minio-force-delete': 'true' }
      const removed = await client.send({ method: 'DELETE', bucket, unsignedHeaders })
      expect(removed).toMatchObject({ status: 403, code: 'AccessDenied' })
      expect(await stored()).toBe('before')
    })

    it('takes x-minio-force-delete where it is signed', async () => {
      await client.makeBucket('doomed')
      await client.put('doomed', key, 'before')
      const signed = { 'x-minio-force-delete': 'true' }
      expect((await use({ method: 'DELETE', path: '/doomed', signed })).status).toBe(204)
      expect((await client.get('doomed', key)).code).toBe('NoSuchBucket')
    })

    it.each([
      'content-disposition',
      'content-encoding',
      'content-language',
      'expires',
      'x-amz-acl',
      'x-amz-bypass-governance-retention',
      'x-amz-meta-anything',
      'x-amz-tagging',
      'x-amz-something-new',
      'x-minio-replication-ready',
      'x-rustfs-force-delete',
    ])('refuses an unsigned %s in a URL and beside a header', async (name) => {
      const added = { [name]: 'true' }
      expect(await use({ added, body: 'after' })).toMatchObject({ status: 403 })
      const request = { method: 'PUT', bucket, key, body: 'after', unsignedHeaders: added }
      expect(await client.send(request)).toMatchObject({ status: 403 })
      expect(await stored()).toBe('before')
    })

    it('does not keep the Cache-Control that a browser adds to a URL', async () => {
      const cached = { 'cache-control': 'no-cache' }
      expect((await use({ added: cached, body: 'after' })).status).toBe(200)
      const read = await client.get(bucket, key)
      expect(read.text).toBe('after')
      expect(read.headers['cache-control']).toBeUndefined()
      expect((await use({ signed: cached, body: 'after' })).status).toBe(200)
      expect((await client.get(bucket, key)).headers['cache-control']).toBe('no-cache')
    })

    it('keeps the Content-Type that a browser adds to a URL', async () => {
      expect((await use({ added: { 'content-type': 'text/css' }, body: 'x' })).status).toBe(200)
      expect((await client.get(bucket, key)).headers['content-type']).toBe('text/css')
    })

    it('takes a condition and a range that narrow what a URL allows', async () => {
      const refused = await use({ added: { 'if-none-match': '*' }, body: 'after' })
      expect(refused.status).toBe(412)
      expect(await stored()).toBe('before')
      const part = await use({ method: 'GET', added: { range: 'bytes=0-1' } })
      expect(part).toMatchObject({ status: 206, text: 'be' })
    })
  })

  describe('an unsigned promise about the body', () => {
    const right = sha256Hex('after')
    const wrong = sha256Hex('other')

    const anonymously = (added: Headers, body: string): Promise<RawResponse> =>
      client.send({
        method: 'PUT',
        bucket: 'open-house',
        key,
        body,
        signed: false,
        unsignedHeaders: added,
      })

    beforeAll(async () => {
      await client.makeBucket('open-house')
      const policy = {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: 'arn:aws:s3:::open-house/*',
          },
        ],
      }
      const body = JSON.stringify(policy)
      await client.send({ method: 'PUT', bucket: 'open-house', query: { policy: '' }, body })
    })

    beforeEach(async () => {
      await client.put('open-house', key, 'before')
    })

    const openHouse = async (): Promise<string> => (await client.get('open-house', key)).text

    it('must hold in the header X-Amz-Content-Sha256 of a presigned upload', async () => {
      const refused = await use({ added: { 'x-amz-content-sha256': wrong }, body: 'after' })
      expect(refused).toMatchObject({ status: 400, code: 'XAmzContentSHA256Mismatch' })
      expect(await stored()).toBe('before')
      const taken = await use({ added: { 'x-amz-content-sha256': right }, body: 'after' })
      expect(taken.status).toBe(200)
      expect(await stored()).toBe('after')
      const none = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
      expect((await use({ added: none, body: 'again' })).status).toBe(200)
    })

    it('must hold in the query of a presigned upload', async () => {
      const query: readonly QueryPair[] = [['X-Amz-Content-Sha256', wrong]]
      const refused = await use({ query, payloadHash: wrong, body: 'after' })
      expect(refused).toMatchObject({ status: 400, code: 'XAmzContentSHA256Mismatch' })
      expect(await stored()).toBe('before')
    })

    it('must agree in the header and in the query', async () => {
      const query: readonly QueryPair[] = [['X-Amz-Content-Sha256', right]]
      const both = { query, payloadHash: right, body: 'after' }
      const refused = await use({ ...both, added: { 'x-amz-content-sha256': wrong } })
      expect(refused).toMatchObject({ status: 400, code: 'XAmzContentSHA256Mismatch' })
      const signed = { 'x-amz-content-sha256': right }
      const other = { query: [['X-Amz-Content-Sha256', wrong]] as const, payloadHash: right }
      const contradicting = await use({ ...other, signed, body: 'after' })
      expect(contradicting).toMatchObject({ status: 400, code: 'XAmzContentSHA256Mismatch' })
      expect(await stored()).toBe('before')
      const agreeing = await use({ ...both, added: { 'x-amz-content-sha256': right } })
      expect(agreeing.status).toBe(200)
    })

    it.each(['X-AMZ-CONTENT-SHA256', 'x-amz-content-sha256', 'x-amz-expires', 'signature'])(
      'is no signature in the spelling %s of the query',
      async (name) => {
        const refused = await use({ query: [[name, right]], body: 'after' })
        expect(refused.status).toBe(400)
        const anonymous = await client.send({
          bucket,
          key,
          query: { [name]: right },
          signed: false,
        })
        expect(anonymous.code).toBe('AuthorizationQueryParametersError')
        expect(await stored()).toBe('before')
      },
    )

    it.each(['STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'])(
      'must not be that the body of a URL is framed: %s',
      async (marker) => {
        const added = { 'x-amz-content-sha256': marker }
        const refused = await use({ added, body: '5\r\nafter\r\n0\r\n\r\n' })
        expect(refused).toMatchObject({ status: 403, code: 'AccessDenied' })
        expect(await stored()).toBe('before')
      },
    )

    it.each(['', 'x', right.slice(1), `${right}0`, right.toUpperCase(), 'UNSIGNED', 'STREAMING-X'])(
      'must be well-formed: %s',
      async (malformed) => {
        const added = { 'x-amz-content-sha256': malformed }
        expect([400, 403]).toContain((await use({ added, body: 'after' })).status)
        expect((await anonymously(added, 'after')).code).toBe('InvalidArgument')
        expect(await stored()).toBe('before')
        expect(await openHouse()).toBe('before')
      },
    )

    it('must hold in an anonymous upload', async () => {
      const refused = await anonymously({ 'x-amz-content-sha256': wrong }, 'after')
      expect(refused).toMatchObject({ status: 400, code: 'XAmzContentSHA256Mismatch' })
      expect(await openHouse()).toBe('before')
      expect((await anonymously({ 'x-amz-content-sha256': right }, 'after')).status).toBe(200)
      expect(await openHouse()).toBe('after')
    })

    it('must not be that an anonymous upload has signed chunks', async () => {
      const marker = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }
      expect((await anonymously(marker, 'after')).code).toBe('InvalidArgument')
      expect(await openHouse()).toBe('before')
    })

    const md5 = (text: string): string => createHash('md5').update(text).digest('base64')

    it('must hold in Content-MD5', async () => {
      const added = { 'content-md5': md5('other') }
      expect((await use({ added, body: 'after' })).code).toBe('BadDigest')
      expect((await anonymously(added, 'after')).code).toBe('BadDigest')
      expect((await use({ added: { 'content-md5': 'x' }, body: 'after' })).code).toBe(
        'InvalidDigest',
      )
      expect(await stored()).toBe('before')
      expect(await openHouse()).toBe('before')
    })

    it('must hold in a checksum of an anonymous upload, and be signed in a URL', async () => {
      const sum = Buffer.alloc(4)
      sum.writeUInt32BE(crc32('other'))
      const added = { 'x-amz-checksum-crc32': sum.toString('base64') }
      expect((await anonymously(added, 'after')).code).toBe('BadDigest')
      expect((await use({ added, body: 'after' })).code).toBe('AccessDenied')
      expect((await use({ signed: added, body: 'after' })).code).toBe('BadDigest')
      expect(await stored()).toBe('before')
      expect(await openHouse()).toBe('before')
    })

    it('must hold in x-amz-decoded-content-length, framed or not', async () => {
      const length = (text: string): Headers => ({ 'x-amz-decoded-content-length': text })
      expect((await anonymously(length('4'), 'after')).code).toBe('InvalidRequest')
      expect((await anonymously(length('-5'), 'after')).code).toBe('InvalidArgument')
      expect((await use({ added: length('5'), body: 'after' })).code).toBe('AccessDenied')
      expect((await use({ signed: length('6'), body: 'after' })).code).toBe('InvalidRequest')
      expect(await stored()).toBe('before')
      expect(await openHouse()).toBe('before')
      expect((await anonymously(length('5'), 'after')).status).toBe(200)
    })

    it('must hold for a part', async () => {
      const started = await client.send({ method: 'POST', bucket, key, query: { uploads: '' } })
      const uploadId = /<UploadId>([^<]*)</.exec(started.text)?.[1] ?? ''
      const query: readonly QueryPair[] = [
        ['partNumber', '1'],
        ['uploadId', uploadId],
      ]
      const refused = await use({ query, added: { 'x-amz-content-sha256': wrong }, body: 'after' })
      expect(refused.code).toBe('XAmzContentSHA256Mismatch')
      const parts = await client.send({ bucket, key, query: { uploadId } })
      expect(parts.text).not.toContain('<Part>')
    })

    it('must hold for a document, and for no body at all', async () => {
      const added = { 'x-amz-content-sha256': wrong }
      const query: readonly QueryPair[] = [['tagging', '']]
      const body = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'
      expect((await use({ query, added, body })).code).toBe('XAmzContentSHA256Mismatch')
      const tags = await client.send({ bucket, key, query: { tagging: '' } })
      expect(tags.text).not.toContain('<Tag>')
      expect((await use({ method: 'DELETE', added })).code).toBe('XAmzContentSHA256Mismatch')
      expect((await use({ method: 'GET', added })).code).toBe('XAmzContentSHA256Mismatch')
      expect(await stored()).toBe('before')
    })

    it('must hold for the whole of a form', async () => {
      const body =
        `--X\r\nContent-Disposition: form-data; name="key"\r\n\r\n${key}\r\n` +
        '--X\r\nContent-Disposition: form-data; name="file"\r\n\r\nafter\r\n--X--\r\n'
      const post = (added: Headers): Promise<RawResponse> =>
        client.exchange(
          'POST',
          '/open-house',
          {
            host: `127.0.0.1:${client.server.port}`,
            'content-type': 'multipart/form-data; boundary=X',
            ...added,
          },
          body,
        )
      expect((await post({ 'x-amz-content-sha256': right })).code).toBe('XAmzContentSHA256Mismatch')
      expect((await post({ 'x-amz-content-sha256': 'x' })).code).toBe('InvalidArgument')
      expect((await post({ 'content-md5': md5('after') })).code).toBe('BadDigest')
      const framed = {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '5',
      }
      expect((await post(framed)).code).toBe('InvalidRequest')
      expect(await openHouse()).toBe('before')
      const promised = { 'x-amz-content-sha256': sha256Hex(body), 'content-md5': md5(body) }
      expect((await post(promised)).status).toBe(204)
      expect(await openHouse()).toBe('after')
    })
  })
})
