import { createHash } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'

import {
  decodeXml,
  deleteObjectsDocument,
  deleteResultDocument,
  encodeXml,
  type DeleteRequest,
  type DeleteResult,
} from '@stowage/protocol'
import type { RawClient, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

describeServers('DeleteObjects', (fixture) => {
  const bucket = 'deleting'
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
  })

  const post = (body: string, headers: Record<string, string> = {}): Promise<RawResponse> =>
    client.send({ method: 'POST', bucket, query: { delete: '' }, body, headers })

  const withMd5 = (body: string): Promise<RawResponse> =>
    post(body, { 'content-md5': createHash('md5').update(body).digest('base64') })

  async function remove(request: DeleteRequest): Promise<DeleteResult> {
    const { status, text } = await withMd5(encodeXml(deleteObjectsDocument, request))
    expect(status).toBe(200)
    return decodeXml(deleteResultDocument, text)
  }

  it('deletes what is there and what is not', async () => {
    const keys = ['a', 'a&b<c>', 'fileΩ', ' space ']
    for (const key of keys) await client.put(bucket, key, 'x')
    const objects = [...keys, 'absent'].map((object) => ({ object }))
    expect(await remove({ objects })).toMatchObject({ deleted: objects, errors: [] })
    for (const key of keys) expect((await client.get(bucket, key)).status).toBe(404)
  })

  it('says nothing of what went well when it is to be quiet', async () => {
    await client.put(bucket, 'quiet', 'x')
    const objects = [{ object: 'quiet' }, { object: 'x'.repeat(1025) }, { object: '' }]
    const { deleted, errors } = await remove({ quiet: true, objects })
    expect(deleted).toEqual([])
    expect(errors).toMatchObject([{ code: 'KeyTooLongError' }, { code: 'UserKeyMustBeSpecified' }])
    expect((await client.get(bucket, 'quiet')).status).toBe(404)
  })

  it('leaves a version that it does not know, and what has changed', async () => {
    await client.put(bucket, 'kept', 'x')
    const { deleted, errors } = await remove({
      objects: [
        { object: 'kept', versionId: 'other' },
        { object: 'kept', etag: 'other' },
        { object: 'kept', sizeBytes: 2 },
      ],
    })
    expect(deleted).toEqual([])
    expect(errors).toMatchObject([
      { object: 'kept', versionId: 'other', code: 'NoSuchVersion' },
      { code: 'PreconditionFailed' },
      { code: 'PreconditionFailed' },
    ])
    expect((await client.get(bucket, 'kept')).status).toBe(200)
  })

  it('takes a thousand keys and no more', async () => {
    const objects = Array.from({ length: 1001 }, (_, index) => ({ object: `key ${index}` }))
    const tooMany = await withMd5(encodeXml(deleteObjectsDocument, { objects }))
    expect(tooMany.code).toBe('MalformedXML')
    expect((await remove({ objects: objects.slice(1) })).deleted).toHaveLength(1000)
  })

  it('wants a proof of the document', async () => {
    await client.put(bucket, 'unproven', 'x')
    const document = encodeXml(deleteObjectsDocument, { objects: [{ object: 'unproven' }] })
    expect((await post(document)).code).toBe('InvalidRequest')
    const md5 = createHash('md5').update('other').digest('base64')
    expect((await post(document, { 'content-md5': md5 })).code).toBe('BadDigest')
    expect((await client.get(bucket, 'unproven')).status).toBe(200)
    const sha256 = createHash('sha256').update(document).digest('base64')
    expect((await post(document, { 'x-amz-checksum-sha256': sha256 })).status).toBe(200)
  })

  it.each(['', '<Delete/>', '<Delete><Object/></Delete>', '<Delete><Object><Key>a</Key>', 'x'])(
    'refuses the document %j',
    async (body) => {
      expect((await withMd5(body)).code).toBe('MalformedXML')
    },
  )

  it('knows its bucket', async () => {
    const request = { method: 'POST', bucket: 'nowhere', query: { delete: '' }, body: '<x/>' }
    expect((await client.send(request)).code).toBe('NoSuchBucket')
  })
})
