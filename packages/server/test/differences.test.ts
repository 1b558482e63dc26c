import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startServer, type StowageServer } from '@stowage/server'
import { listen } from './support/listener.ts'
import { RawClient, RawConnection, type RawRequest } from './support/raw-client.ts'

/** What GAPS.md says of the server and no other test shows. */
describe('of S3 and MinIO', () => {
  const bucket = 'different'
  let server: StowageServer
  let client: RawClient

  beforeAll(async () => {
    server = await startServer()
    client = new RawClient(server)
    await client.makeBucket(bucket)
  })

  afterAll(async () => {
    client.close()
    await server.close()
  })

  it.each([
    ...['accelerate', 'acl', 'analytics', 'inventory', 'intelligent-tiering', 'lifecycle'],
    ...['logging', 'metrics', 'ownershipControls', 'publicAccessBlock', 'replication'],
    ...['requestPayment', 'website'],
  ])('the bucket has no ?%s', async (name) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await client.send({ method, bucket, query: { [name]: '' } })
      expect(answer.status, method).toBe(501)
    }
    expect(await client.send({ method: 'HEAD', bucket })).toMatchObject({ status: 200 })
  })

  it.each<[string, Pick<RawRequest, 'method' | 'query' | 'headers'>]>([
    ['RestoreObject', { method: 'POST', query: { restore: '' } }],
    ['GetObjectTorrent', { query: { torrent: '' } }],
    ['GetObjectAcl', { query: { acl: '' } }],
    ['RenameObject', { method: 'PUT', query: { renameObject: '' } }],
    ['UpdateObjectEncryption', { method: 'PUT', query: { encryption: '' } }],
    ['Snowball upload', { method: 'PUT', headers: { 'x-amz-meta-snowball-auto-extract': '1' } }],
  ])('there is no %s', async (_, request) => {
    await client.put(bucket, 'kept', 'as it was')
    const refused = await client.send({ bucket, key: 'kept', ...request })
    expect(refused).toMatchObject({ status: 501, code: 'NotImplemented' })
    expect((await client.get(bucket, 'kept')).text).toBe('as it was')
  })

  it.each(['GLACIER', 'DEEP_ARCHIVE'])('nothing is archived in %s', async (name) => {
    const refused = await client.put(bucket, 'cold', 'x', { 'x-amz-storage-class': name })
    expect(refused.code).toBe('InvalidStorageClass')
  })

  it('metadata comes back byte for byte', async () => {
    const sent = Buffer.from('grün').toString('latin1')
    await client.put(bucket, 'described', 'x', { 'x-amz-meta-colour': sent })
    const { headers } = await client.get(bucket, 'described')
    expect(headers['x-amz-meta-colour']).toBe(sent)
  })

  it('these headers are not looked at', async () => {
    const ignored = {
      'x-amz-expected-bucket-owner': '123456789012',
      'x-amz-optional-object-attributes': 'RestoreStatus',
      'x-amz-request-payer': 'requester',
    }
    expect(await client.put(bucket, 'payed', 'x', ignored)).toMatchObject({ status: 200 })
    const listing = await client.send({ bucket, headers: ignored })
    expect(listing.text).toContain('<Key>payed</Key>')
    expect(listing.text).not.toContain('RestoreStatus')
  })

  it('nobody is told of a host', async () => {
    const { headers, text } = await client.get(bucket, 'absent')
    expect(text).not.toContain('HostId')
    expect(headers['x-amz-id-2']).toBeUndefined()
  })

  it.each([
    ['version 2', 'AWS access:c2lnbmF0dXJl'],
    ['several regions', 'AWS4-ECDSA-P256-SHA256 Credential=a/20260101/s3/aws4_request'],
  ])('a signature of %s is refused', async (_, authorization) => {
    const refused = await client.send({
      bucket,
      signed: false,
      unsignedHeaders: { authorization, 'x-amz-date': '20260101T000000Z' },
    })
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(refused.status).toBeLessThan(404)
  })

  it('a header of S3 stands once', async () => {
    const connection = new RawConnection(server.port)
    const head = client.wireHead({ bucket, headers: { 'x-amz-meta-a': '1' } })
    connection.write(head.replace('x-amz-meta-a: 1', 'x-amz-meta-a: 1\r\nx-amz-meta-a: 2'))
    expect(await connection.until('</Error>')).toContain('<Code>InvalidRequest</Code>')
    connection.destroy()
  })

  it('no checksum is computed unasked', async () => {
    await client.put(bucket, 'plain', 'x')
    const { headers } = await client.get(bucket, 'plain', { 'x-amz-checksum-mode': 'ENABLED' })
    expect(Object.keys(headers).filter((name) => name.startsWith('x-amz-checksum'))).toEqual([])
  })

  it('a prefix of events is a text', async () => {
    const query = { events: 's3:ObjectCreated:*', prefix: 'a*c' }
    const listener = await listen(client, { bucket, query })
    for (const key of ['abc', 'a*c']) await client.put(bucket, key, '')
    await listener.until(({ records }) => records.length > 0)
    expect(listener.records.map(({ s3 }) => s3.object.key)).toEqual(['a%2Ac'])
    listener.close()
  })

  it('types of encryption are not blocked', async () => {
    const rule =
      '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>' +
      '</ApplyServerSideEncryptionByDefault><BlockedEncryptionTypes>' +
      '<EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule>'
    const body = `<ServerSideEncryptionConfiguration>${rule}</ServerSideEncryptionConfiguration>`
    const query = { encryption: '' }
    expect(await client.send({ method: 'PUT', bucket, query, body })).toMatchObject({ status: 200 })
    expect((await client.send({ bucket, query })).text).not.toContain('BlockedEncryptionTypes')
  })
})
