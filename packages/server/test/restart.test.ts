import { readdirSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'

import { startServer } from '@stowage/server'
import { initiateMultipartUploadDocument } from '@stowage/protocol'

import { documentOf, setVersioning, versionOf } from './support/documents.ts'
import { RawClient } from './support/raw-client.ts'
import { temporaryDirectory } from './support/stores.ts'

const large = Buffer.alloc(5 * 1024 * 1024, 'large ')

function etag(body: string | Uint8Array): string {
  return createHash('md5').update(body).digest('hex')
}

function filesIn(directory: string): number {
  const blobs = join(directory, 'blobs')
  const names = readdirSync(blobs, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => statSync(join(blobs, name)).isFile()).length
}

it('keeps versions, uploads, tags and locks over a restart, and no bytes without a name', async () => {
  const directory = temporaryDirectory()
  const options = { directory: directory.path, durability: 'flush' } as const
  const bucket = 'kept'

  const first = await startServer(options)
  let client = new RawClient(first)
  await client.send({
    method: 'PUT',
    bucket,
    headers: { 'x-amz-bucket-object-lock-enabled': 'true' },
  })
  const old = versionOf(await client.put(bucket, 'key', 'old '.repeat(2000)))
  const hold = '<LegalHold><Status>ON</Status></LegalHold>'
  await client.send({
    method: 'PUT',
    bucket,
    key: 'key',
    query: { 'legal-hold': '' },
    body: hold,
    headers: { 'content-md5': createHash('md5').update(hold).digest('base64') },
  })
  await client.put(bucket, 'key', 'new', { 'x-amz-tagging': 'a=1' })
  await client.put(bucket, 'gone', 'gone '.repeat(2000))
  const marker = versionOf(await client.send({ method: 'DELETE', bucket, key: 'gone' }))
  const begun = await client.send({ method: 'POST', bucket, key: 'parts', query: { uploads: '' } })
  const { uploadId } = documentOf(initiateMultipartUploadDocument, begun)
  const part = (partNumber: string, body: string | Uint8Array): Promise<unknown> =>
    client.send({
      method: 'PUT',
      bucket,
      key: 'parts',
      query: { partNumber, uploadId },
      body,
    })
  await part('1', large)
  await part('2', 'unused '.repeat(2000))
  client.close()
  await first.close()

  const second = await startServer(options)
  client = new RawClient(second)
  expect(filesIn(directory.path)).toBe(4)
  const version = { bucket, key: 'key', query: { versionId: old } }
  expect((await client.send(version)).text).toBe('old '.repeat(2000))
  expect((await client.send({ ...version, method: 'DELETE' })).code).toBe('AccessDenied')
  expect((await client.get(bucket, 'key')).headers['x-amz-tagging-count']).toBe('1')
  expect((await client.get(bucket, 'gone')).headers['x-amz-version-id']).toBe(marker)
  expect((await setVersioning(client, bucket, 'Suspended')).code).toBe('InvalidBucketState')
  await part('3', 'last')
  const listed = [
    ['1', etag(large)],
    ['3', etag('last')],
  ].map(([number, sum]) => `<Part><PartNumber>${number}</PartNumber><ETag>${sum}</ETag></Part>`)
  const completed = await client.send({
    method: 'POST',
    bucket,
    key: 'parts',
    query: { uploadId },
    body: `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`,
  })
  expect(completed.status).toBe(200)
  const newest = versionOf(await client.put(bucket, 'key', 'newest'))
  expect((await client.get(bucket, 'key')).headers['x-amz-version-id']).toBe(newest)
  client.close()
  await second.close()

  const third = await startServer(options)
  client = new RawClient(third)
  expect(filesIn(directory.path)).toBe(3)
  const { body } = await client.get(bucket, 'parts')
  expect(body.equals(Buffer.concat([large, Buffer.from('last')]))).toBe(true)
  const upload = { bucket, key: 'parts', query: { uploadId } }
  expect((await client.send(upload)).code).toBe('NoSuchUpload')
  client.close()
  await third.close()
  directory.remove()
})
