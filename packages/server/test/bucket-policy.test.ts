import { crc32 } from 'node:zlib'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { amzDate, presignQuery, SigningKey } from '@stowage/protocol'

import { startServer } from '@stowage/server'
import { RawClient, type RawRequest, type RawResponse } from './support/raw-client.ts'
import { describeServers, temporaryDirectory } from './support/stores.ts'

const secretKey = 'secret-of-a-user'
const users = [
  { accessKey: 'alice', secretKey },
  {
    accessKey: 'reader',
    secretKey,
    policy: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: '*' },
        { Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::*/secret/*' },
      ],
    },
  },
  { accessKey: 'guest', secretKey, sessionToken: 'token' },
]

function statement(more: object): object {
  return { Effect: 'Allow', Principal: '*', ...more }
}

describeServers(
  'a bucket policy',
  (fixture) => {
    const bucket = 'governed'
    const objects = `arn:aws:s3:::${bucket}/*`
    const itself = `arn:aws:s3:::${bucket}`
    let root: RawClient
    let alice: RawClient
    let reader: RawClient

    beforeAll(async () => {
      root = fixture().client
      alice = new RawClient({ ...root.server, accessKey: 'alice', secretKey })
      reader = new RawClient({ ...root.server, accessKey: 'reader', secretKey })
      await root.makeBucket(bucket)
      await root.put(bucket, 'key', 'content', { 'x-amz-tagging': 'team=red' })
      await root.put(bucket, 'secret/1', 'content')
      await root.put(bucket, 'alice/1', 'content')
    })

    beforeEach(async () => {
      await root.send({ method: 'DELETE', bucket, query: { policy: '' } })
    })

    const put = (source: string): Promise<RawResponse> =>
      root.send({ method: 'PUT', bucket, query: { policy: '' }, body: source })

    async function govern(...statements: object[]): Promise<void> {
      const source = JSON.stringify({ Version: '2012-10-17', Statement: statements })
      expect(await put(source)).toMatchObject({ status: 204, text: '' })
    }

    /** A request without a signature. */
    const stranger = (request: RawRequest): Promise<RawResponse> =>
      root.send({ bucket, signed: false, ...request })

    describe('as a document', () => {
      it('is given back as it was put, and removed', async () => {
        const source = ` {"Version": "2012-10-17", "Statement": ${JSON.stringify([
          statement({ Action: 's3:GetObject', Resource: objects }),
        ])}} `
        expect((await put(source)).status).toBe(204)
        const got = await root.send({ bucket, query: { policy: '' } })
        expect(got).toMatchObject({ status: 200, text: source })
        expect(got.headers['content-type']).toBe('application/json')
        const removed = await root.send({ method: 'DELETE', bucket, query: { policy: '' } })
        expect(removed.status).toBe(204)
        const gone = await root.send({ bucket, query: { policy: '' } })
        expect(gone).toMatchObject({ status: 404, code: 'NoSuchBucketPolicy' })
        const again = await root.send({ method: 'DELETE', bucket, query: { policy: '' } })
        expect(again.status).toBe(204)
      })

      it.each(['', '{}', 'x'.repeat(21 * 1024), '{"Version":"2012-10-17","Statement":[]}', '\xff'])(
        'is refused when it is malformed (%#)',
        async (source) => {
          await govern(statement({ Action: 's3:GetObject', Resource: objects }))
          const body = Buffer.from(source, 'latin1')
          const refused = await root.send({ method: 'PUT', bucket, query: { policy: '' }, body })
          expect(refused).toMatchObject({ status: 400, code: 'MalformedPolicy' })
          expect((await stranger({ key: 'key' })).status).toBe(200)
        },
      )

      it('must be about its own bucket', async () => {
        const source = JSON.stringify({
          Version: '2012-10-17',
          Statement: statement({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::other/*' }),
        })
        expect((await put(source)).code).toBe('MalformedPolicy')
      })

      it('needs a bucket', async () => {
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const body = method === 'PUT' ? '{}' : ''
          const request = { method, bucket: 'missing', query: { policy: '' }, body }
          expect((await root.send(request)).code).toBe('NoSuchBucket')
        }
      })

      it('tells whether the bucket is public', async () => {
        const status = (): Promise<RawResponse> =>
          root.send({ bucket, query: { policyStatus: '' } })
        expect((await status()).code).toBe('NoSuchBucketPolicy')
        await govern(statement({ Action: 's3:GetObject', Resource: objects }))
        expect((await status()).text).toContain('<IsPublic>true</IsPublic>')
        const forAlice = { Principal: { AWS: 'alice' }, Action: 's3:GetObject', Resource: objects }
        await govern(statement(forAlice))
        expect((await status()).text).toContain('<IsPublic>false</IsPublic>')
      })
    })

    describe('for those who do not sign', () => {
      it('allows what it names and no more', async () => {
        expect((await stranger({ key: 'key' })).code).toBe('AccessDenied')
        await govern(statement({ Action: 's3:GetObject', Resource: objects }))
        expect(await stranger({ key: 'key' })).toMatchObject({ status: 200, text: 'content' })
        expect((await stranger({ method: 'HEAD', key: 'key' })).status).toBe(200)
        const others: RawRequest[] = [
          { method: 'PUT', key: 'key', body: 'x' },
          { method: 'DELETE', key: 'key' },
          {},
          { method: 'HEAD' },
          { query: { location: '' } },
          { query: { policy: '' } },
          { method: 'PUT', query: { policy: '' }, body: '{}' },
          { method: 'DELETE', query: { policy: '' } },
          { key: 'key', query: { versionId: 'null' } },
          { bucket: 'another', key: 'key' },
          { bucket: '' },
        ]
        for (const request of others) expect((await stranger(request)).status).toBe(403)
        expect((await root.get(bucket, 'key')).text).toBe('content')
      })

      it('asks for another permission for a version than for the present object', async () => {
        await govern(statement({ Action: 's3:GetObjectVersion', Resource: objects }))
        expect((await stranger({ key: 'key' })).status).toBe(403)
        expect((await stranger({ key: 'key', query: { versionId: 'null' } })).status).toBe(200)
      })

      it('hides what is missing from those who may not list', async () => {
        await govern(statement({ Action: ['s3:GetObject'], Resource: objects }))
        const missing = await stranger({ key: 'missing' })
        expect(missing).toMatchObject({ status: 403, code: 'AccessDenied' })
        expect((await stranger({ method: 'HEAD', key: 'missing' })).status).toBe(403)
        await govern(
          statement({ Action: 's3:GetObject', Resource: objects }),
          statement({ Action: 's3:ListBucket', Resource: itself }),
        )
        expect((await stranger({ key: 'missing' })).code).toBe('NoSuchKey')
        expect((await stranger({ method: 'HEAD', key: 'missing' })).status).toBe(404)
      })

      it('is not passed by the parameter of another operation', async () => {
        const ofPublic = { StringEquals: { 's3:prefix': 'public/' } }
        await govern(
          statement({ Action: 's3:GetObject', Resource: objects }),
          statement({ Action: 's3:ListBucket', Resource: itself, Condition: ofPublic }),
        )
        expect((await stranger({ query: { prefix: 'public/' } })).status).toBe(200)
        expect((await stranger({ query: { prefix: 'public/x' } })).status).toBe(403)
        expect((await stranger({})).status).toBe(403)
        const query = { prefix: 'public/' }
        expect((await stranger({ key: 'missing', query })).code).toBe('AccessDenied')
      })

      it('tells the same of a missing and a forbidden object, whatever the conditions', async () => {
        const { headers } = await root.send({ method: 'HEAD', bucket, key: 'key' })
        const etag = String(headers.etag)
        const conditions: Record<string, string>[] = [
          {},
          { 'if-match': etag },
          { 'if-none-match': etag },
          { 'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' },
          { range: 'bytes=999-' },
        ]
        for (const unsignedHeaders of conditions) {
          for (const method of ['GET', 'HEAD']) {
            const answers = await Promise.all(
              ['key', 'missing'].map((key) => stranger({ method, key, unsignedHeaders })),
            )
            const [there, missing] = answers.map(({ status, text, headers: got }) => ({
              status,
              names: Object.keys(got).sort(),
              text: text.replace(/<RequestId>.*?<\/RequestId>|<Resource>.*?<\/Resource>/g, ''),
            }))
            expect(there).toMatchObject({ status: 403 })
            expect(there).toEqual(missing)
          }
        }
      })

      it('refuses response overrides, and forbids browsers to guess', async () => {
        await govern(statement({ Action: 's3:GetObject', Resource: objects }))
        const query = { 'response-content-type': 'text/html' }
        expect((await stranger({ key: 'key', query })).code).toBe('InvalidRequest')
        const { headers } = await stranger({ key: 'key' })
        expect(headers['x-content-type-options']).toBe('nosniff')
      })

      it('deletes many objects one by one', async () => {
        const body =
          '<Delete><Object><Key>public</Key></Object><Object><Key>key</Key></Object></Delete>'
        const sum = Buffer.alloc(4)
        sum.writeUInt32BE(crc32(body))
        const request = {
          method: 'POST',
          query: { delete: '' },
          unsignedHeaders: { 'x-amz-checksum-crc32': sum.toString('base64') },
          body,
        }
        expect((await stranger(request)).code).toBe('AccessDenied')
        await govern(statement({ Action: 's3:DeleteObject', Resource: `${itself}/public` }))
        const { status, text } = await stranger(request)
        expect(status).toBe(200)
        expect(text).toMatch(/<Deleted><Key>public<\/Key>/)
        expect(text).toMatch(/<Error>.*<Key>key<\/Key>.*<Code>AccessDenied<\/Code>/)
        expect((await root.get(bucket, 'key')).status).toBe(200)
      })

      it('asks for the address of the socket, not for what a header claims', async () => {
        const ofLocal = { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }
        const ofOther = { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }
        const get = { Action: 's3:GetObject', Resource: objects }
        await govern(statement({ ...get, Condition: ofLocal }))
        expect((await stranger({ key: 'key' })).status).toBe(200)
        await govern(statement({ ...get, Condition: ofOther }))
        const unsignedHeaders = {
          'x-forwarded-for': '203.0.113.1',
          'x-real-ip': '203.0.113.1',
          forwarded: 'for=203.0.113.1',
        }
        expect((await stranger({ key: 'key', unsignedHeaders })).status).toBe(403)
      })

      it('asks for headers and the kind of signature', async () => {
        const get = { Action: 's3:GetObject', Resource: objects }
        const referer = { StringLike: { 'aws:Referer': 'https://example.com/*' } }
        await govern(statement({ ...get, Condition: referer }))
        expect((await stranger({ key: 'key' })).status).toBe(403)
        const unsignedHeaders = { referer: 'https://example.com/page' }
        expect((await stranger({ key: 'key', unsignedHeaders })).status).toBe(200)
        const long = (length: number) => ({ referer: 'https://example.com/'.padEnd(length, 'x') })
        for (const [length, status] of [
          [2048, 200],
          [2049, 403],
        ] as const) {
          const answer = await stranger({ key: 'key', unsignedHeaders: long(length) })
          expect(answer.status).toBe(status)
        }
        await govern(statement({ ...get, Condition: { Null: { 's3:authType': 'true' } } }))
        expect((await stranger({ key: 'key' })).status).toBe(200)
        expect((await alice.get(bucket, 'key')).status).toBe(403)
        await govern(statement({ ...get, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }))
        expect((await stranger({ key: 'key' })).status).toBe(403)
      })

      it('asks for the tags of the stored object', async () => {
        const red = { StringEquals: { 's3:ExistingObjectTag/team': 'red' } }
        await govern(statement({ Action: 's3:GetObject', Resource: objects, Condition: red }))
        expect((await stranger({ key: 'key' })).status).toBe(200)
        expect((await stranger({ key: 'secret/1' })).status).toBe(403)
        expect((await stranger({ key: 'missing' })).status).toBe(403)
      })
    })

    describe('for users', () => {
      it('allows what it names, and nobody else', async () => {
        expect((await alice.get(bucket, 'key')).code).toBe('AccessDenied')
        const own = `${itself}/\${aws:username}/*`
        const principals = { Principal: { AWS: ['arn:aws:iam:::user/alice', 'reader'] } }
        await govern(
          statement({ ...principals, Action: ['s3:GetObject', 's3:PutObject'], Resource: own }),
        )
        expect((await alice.get(bucket, 'alice/1')).status).toBe(200)
        expect((await alice.put(bucket, 'alice/2', 'x')).status).toBe(200)
        expect((await alice.put(bucket, 'reader/2', 'x')).status).toBe(403)
        expect((await reader.put(bucket, 'reader/2', 'x')).status).toBe(200)
        expect((await stranger({ key: 'alice/1' })).status).toBe(403)
      })

      it('adds to their own, and a Deny in either counts more', async () => {
        expect((await reader.get(bucket, 'key')).status).toBe(200)
        expect((await reader.get(bucket, 'missing')).code).toBe('NoSuchKey')
        expect((await reader.get('missing', 'key')).code).toBe('NoSuchBucket')
        expect((await reader.send({ bucket })).status).toBe(200)
        expect((await reader.send({})).status).toBe(403)
        expect((await reader.put(bucket, 'x', 'x')).status).toBe(403)
        await govern(statement({ Action: 's3:GetObject', Resource: objects }))
        expect((await reader.get(bucket, 'secret/1')).status).toBe(403)
        expect((await stranger({ key: 'secret/1' })).status).toBe(200)
        const deny = { Effect: 'Deny', Principal: { AWS: 'reader' } }
        await govern({ ...deny, Action: 's3:GetObject', Resource: objects })
        expect((await reader.get(bucket, 'key')).status).toBe(403)
      })

      it('may override the headers of answers, which strangers may not', async () => {
        const query = { 'response-content-type': 'text/plain' }
        const { headers } = await reader.send({ bucket, key: 'key', query })
        expect(headers['content-type']).toBe('text/plain')
      })

      it('compares session tokens', async () => {
        const guest = new RawClient({ ...root.server, accessKey: 'guest', secretKey })
        await govern(statement({ Action: 's3:GetObject', Resource: objects }))
        expect((await guest.get(bucket, 'key')).code).toBe('InvalidToken')
        const headers = { 'x-amz-security-token': 'token' }
        expect((await guest.get(bucket, 'key', headers)).status).toBe(200)
        guest.close()
      })

      it('tells a URL from a header', async () => {
        const byUrl = { StringEquals: { 's3:authType': 'REST-QUERY-STRING' } }
        const get = { Action: 's3:GetObject', Resource: objects }
        await govern(statement({ ...get, Condition: byUrl }))
        expect((await alice.get(bucket, 'key')).status).toBe(403)
        const date = amzDate(new Date())
        const { region, port } = root.server
        const scope = { day: date.slice(0, 8), region, service: 's3' }
        const host = `127.0.0.1:${port}`
        const path = `/${bucket}/key`
        const input = { method: 'GET', path, query: [], headers: { host }, amzDate: date }
        const query = presignQuery(
          new SigningKey(secretKey, scope),
          { accessKey: 'alice', secretKey },
          { ...input, expirySeconds: 60 },
        )
        expect((await root.exchange('GET', `${path}?${query}`, { host })).status).toBe(200)
      })
    })

    it('binds the owner by a Deny, and never locks the owner out of itself', async () => {
      await govern({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: [itself, objects] })
      expect((await root.get(bucket, 'key')).code).toBe('AccessDenied')
      expect((await root.send({ bucket })).code).toBe('AccessDenied')
      expect((await root.send({ bucket, query: { policy: '' } })).status).toBe(200)
      const removed = await root.send({ method: 'DELETE', bucket, query: { policy: '' } })
      expect(removed.status).toBe(204)
      expect((await root.get(bucket, 'key')).status).toBe(200)
    })

    it('is gone with its bucket', async () => {
      const resource = 'arn:aws:s3:::short-lived/*'
      const source = JSON.stringify({
        Version: '2012-10-17',
        Statement: statement({ Action: 's3:*', Resource: resource }),
      })
      await root.makeBucket('short-lived')
      await root.send({ method: 'PUT', bucket: 'short-lived', query: { policy: '' }, body: source })
      await root.send({ method: 'DELETE', bucket: 'short-lived' })
      await root.makeBucket('short-lived')
      const put = { method: 'PUT', bucket: 'short-lived', key: 'x', body: 'x' }
      expect((await stranger(put)).status).toBe(403)
    })
  },
  { users },
)

it('a bucket policy holds after the next start', async () => {
  const { path: directory, remove } = temporaryDirectory()
  const options = { directory, accessKey: 'root', secretKey: 'secret-of-root' } as const
  const resource = 'arn:aws:s3:::kept/*'
  const source = JSON.stringify({
    Version: '2012-10-17',
    Statement: statement({ Action: 's3:GetObject', Resource: resource }),
  })
  const first = await startServer({ ...options, durability: 'flush' })
  const before = new RawClient(first)
  await before.makeBucket('kept')
  await before.put('kept', 'key', 'content')
  await before.send({ method: 'PUT', bucket: 'kept', query: { policy: '' }, body: source })
  before.close()
  await first.close()
  const second = await startServer(options)
  const after = new RawClient(second)
  expect((await after.send({ bucket: 'kept', key: 'key', signed: false })).text).toBe('content')
  after.close()
  await second.close()
  remove()
})
