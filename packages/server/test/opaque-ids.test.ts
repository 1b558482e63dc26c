import { beforeAll, describe, expect, it } from 'vitest'

import { setVersioning, versionOf } from './support/documents.ts'
import { RawClient, type RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const secretKey = 'secret-of-a-user'
const users = [
  {
    accessKey: 'writer',
    secretKey,
    policy: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::opaque/mine/*' },
        { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::opaque/*' },
      ],
    },
  },
]

/** Ids that belong to nothing, made of one that belongs to something. */
function neighbours(id: string): readonly string[] {
  const last = id.endsWith('0') ? '1' : '0'
  return [
    id.slice(0, -1) + last,
    id.slice(0, -1),
    `${id}0`,
    id.toUpperCase(),
    `../${id}`,
    `${id}/../x`,
    `${id}\0`,
    '0'.repeat(id.length),
    'x'.repeat(4000),
    '',
    'null ',
    'NULL',
  ].filter((other) => other !== id)
}

describeServers(
  'ids',
  (fixture) => {
    const bucket = 'opaque'
    let root: RawClient
    let writer: RawClient

    beforeAll(async () => {
      root = fixture().client
      writer = new RawClient({ ...root.server, accessKey: 'writer', secretKey })
      await root.makeBucket(bucket)
      await setVersioning(root, bucket, 'Enabled')
    })

    describe('of versions', () => {
      let id: string

      beforeAll(async () => {
        id = versionOf(await root.put(bucket, 'key', 'content'))
        await root.put(bucket, 'other', 'another content')
      })

      const versions = async (): Promise<string> =>
        (await root.send({ bucket, query: { versions: '' } })).text

      it('name nothing but their own version of their own key', async () => {
        const before = await versions()
        const wrong = neighbours(id).map((versionId) => ({ key: 'key', versionId }))
        for (const { key, versionId } of [...wrong, { key: 'other', versionId: id }]) {
          for (const method of ['GET', 'HEAD', 'DELETE']) {
            const request = { method, bucket, key, query: { versionId } }
            const { status, text } = await root.send(request)
            // To remove what is not there is done already.
            const done = method === 'DELETE' && status === 204
            expect([method, versionId, done || status >= 400]).toEqual([method, versionId, true])
            expect(text).not.toContain('content')
          }
        }
        expect(await versions()).toBe(before)
      })

      it('need the permission for versions', async () => {
        expect((await writer.get(bucket, 'key')).text).toBe('content')
        const one = { bucket, key: 'key', query: { versionId: id } }
        expect((await writer.send(one)).code).toBe('AccessDenied')
        expect((await writer.send({ ...one, method: 'DELETE' })).code).toBe('AccessDenied')
        const copy = { 'x-amz-copy-source': `${bucket}/key?versionId=${id}` }
        const copied = await writer.put(bucket, 'mine/copy', '', copy)
        expect(copied.code).toBe('AccessDenied')
      })
    })

    describe('of uploads', () => {
      let uploadId: string

      beforeAll(async () => {
        const begun = await root.send({
          method: 'POST',
          bucket,
          key: 'key',
          query: { uploads: '' },
        })
        uploadId = /<UploadId>([^<]*)</.exec(begun.text)?.[1] ?? ''
      })

      const complete =
        '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>' +
        '</CompleteMultipartUpload>'

      /** Everything that takes the id of an upload. */
      const uses = (
        client: RawClient,
        key: string,
        id: string,
      ): readonly Promise<RawResponse>[] => {
        const query = { uploadId: id }
        const part = { ...query, partNumber: '1' }
        const source = { 'x-amz-copy-source': `${bucket}/key` }
        return [
          client.send({ method: 'PUT', bucket, key, query: part, body: 'x' }),
          client.send({ method: 'PUT', bucket, key, query: part, headers: source }),
          client.send({ method: 'GET', bucket, key, query }),
          client.send({ method: 'POST', bucket, key, query, body: complete }),
          client.send({ method: 'DELETE', bucket, key, query }),
        ]
      }

      it('name nothing but their own upload to their own key', async () => {
        const wrong = neighbours(uploadId).map((id) => ['key', id] as const)
        for (const [key, id] of [...wrong, ['other', uploadId] as const]) {
          for (const { status } of await Promise.all(uses(root, key, id))) {
            expect([key, id, status >= 400 && status < 500]).toEqual([key, id, true])
          }
        }
        const parts = await root.send({ bucket, key: 'key', query: { uploadId } })
        expect(parts.status).toBe(200)
        expect(parts.text).not.toContain('<Part>')
      })

      it('are of no use to somebody who may not write the key', async () => {
        for (const { code } of await Promise.all(uses(writer, 'key', uploadId))) {
          expect(code).toBe('AccessDenied')
        }
        const moved = await Promise.all(uses(writer, 'mine/key', uploadId))
        for (const { status } of moved) expect([403, 404]).toContain(status)
        expect((await root.send({ bucket, key: 'key', query: { uploadId } })).status).toBe(200)
      })
    })

    describe('and state of the server itself', () => {
      it('cannot be set by a header', async () => {
        const internal = {
          'x-minio-internal-actual-size': '1',
          'x-minio-replication-delete-marker': 'true',
          'x-minio-source-replication-request': 'true',
          'x-minio-source-etag': '00000000000000000000000000000000',
          'x-minio-source-mtime': '2020-01-01T00:00:00Z',
          'x-minio-source-version-id': '00000000-0000-0000-0000-000000000000',
          'x-amz-meta-x-minio-internal-actual-size': '1',
          'x-amz-meta-etag': 'x',
          'x-amz-version-id': 'x',
          'x-amz-replication-status': 'REPLICA',
        }
        const stored = await root.put(bucket, 'internal', 'content', internal)
        expect(stored.status).toBe(200)
        const { headers, text } = await root.get(bucket, 'internal')
        expect(text).toBe('content')
        expect(headers['content-length']).toBe('7')
        expect(headers.etag).toBe('"9a0364b9e99bb480dd25e1f0284c8555"')
        expect(headers['x-amz-version-id']).toBe(versionOf(stored))
        expect(versionOf(stored)).toMatch(/^[0-9a-f]{46}$/)
        expect(Object.keys(headers).filter((name) => /minio|replication/.test(name))).toEqual([
          'x-amz-meta-x-minio-internal-actual-size',
        ])
      })
    })
  },
  { users },
)
