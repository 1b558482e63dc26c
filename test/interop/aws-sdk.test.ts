import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  SelectObjectContentCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  waitUntilBucketExists,
  waitUntilObjectNotExists,
  type S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { Client } from 'stowage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { openAwsClient, whenRequired } from './support/aws-client.ts'
import { failureOf } from './support/fixture.ts'
import { openPlace, placeNames } from './support/meeting-place.ts'
import { sendUrl } from './support/raw-http.ts'

const partSize = 5 * 1024 ** 2
const rest = 12_345
const long = Buffer.alloc(partSize + rest, 'more than one part ')
const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex')

/** In pieces, so that nobody knows the length before. */
function streamOf(bytes: Buffer): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / 100_000) }, (_, index) =>
    bytes.subarray(index * 100_000, (index + 1) * 100_000),
  )
  return Readable.from(pieces, { objectMode: false })
}

const algorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const

/** Those that came to S3 in 2026. */
const newAlgorithms = ['MD5', 'SHA512', 'XXHASH3', 'XXHASH64', 'XXHASH128'] as const

const settings = [
  { setting: 'as it comes', config: {} },
  { setting: 'WHEN_REQUIRED', config: whenRequired },
] as const

const rows = placeNames.flatMap((place) => settings.map((row) => ({ place, ...row })))

/** What AWS's library can do that no other one of the clients here can. */
describe.each(rows)('AWS SDK, $setting, $place', ({ place: placeName, config }) => {
  let place: Awaited<ReturnType<typeof openPlace>>
  let client: S3Client
  let ours: Client
  let Bucket: string

  beforeAll(async () => {
    place = await openPlace(placeName)
    client = openAwsClient(place.target, config)
    const { port, accessKey, secretKey, region } = place.target
    ours = new Client({ endpoint: `http://127.0.0.1:${port}`, accessKey, secretKey, region })
    Bucket = place.newBucketName()
    await ours.makeBucket(Bucket)
  })

  afterAll(async () => {
    client.destroy()
    await ours.close()
    await place.close()
  })

  async function uploadsUnderWay(): Promise<number> {
    return (await ours.listIncompleteUploads(Bucket, { recursive: true }).toArray()).length
  }

  it.each([undefined, ...algorithms])(
    'uploads a stream in parts with lib-storage, %s',
    async (algorithm) => {
      const Key = `stream ${algorithm}`
      const upload = new Upload({
        client,
        params: { Bucket, Key, Body: streamOf(long), ChecksumAlgorithm: algorithm },
        partSize,
      })
      const { ETag } = await upload.done()
      expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/)
      const { Body } = await client.send(
        new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }),
      )
      expect(md5(Buffer.from((await Body?.transformToByteArray()) ?? []))).toBe(md5(long))
      const reader = await ours.getObject(Bucket, Key)
      expect(md5(Buffer.from(await reader.bytes()))).toBe(md5(long))
    },
  )

  it.each(newAlgorithms)('refuses %s, of which it knows nothing', async (algorithm) => {
    const upload = { Bucket, Key: 'refused', ChecksumAlgorithm: algorithm }
    const error = await failureOf(client.send(new CreateMultipartUploadCommand(upload)))
    expect((error as Error).name).toBe('InvalidRequest')
  })

  it('leaves no upload behind when lib-storage is stopped', async () => {
    const Body = new Readable({ read: () => undefined })
    Body.push(long)
    const upload = new Upload({ client, params: { Bucket, Key: 'stopped', Body }, partSize })
    upload.on('httpUploadProgress', () => void upload.abort())
    await failureOf(upload.done())
    Body.destroy()
    // It rejects while its own clean-up is still on the way.
    await expect.poll(uploadsUnderWay, { timeout: 20_000 }).toBe(0)
    expect(await ours.objectExists(Bucket, 'stopped')).toBe(false)
  })

  it('uploads parts with presigned URLs', async () => {
    const Key = 'presigned parts'
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const parts = [long.subarray(0, partSize), long.subarray(partSize)]
    const Parts = []
    for (const [index, bytes] of parts.entries()) {
      const PartNumber = index + 1
      const command = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber })
      const reply = await sendUrl(await getSignedUrl(client, command), 'PUT', bytes)
      expect(reply.status).toBe(200)
      Parts.push({ PartNumber, ETag: reply.headers.get('etag') })
    }
    const listed = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
    expect(listed.Parts?.map(({ Size }) => Size)).toEqual(parts.map(({ length }) => length))
    const MultipartUpload = { Parts }
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }),
    )
    const reader = await ours.getObject(Bucket, Key)
    expect(md5(Buffer.from(await reader.bytes()))).toBe(md5(long))
  })

  it('copies whole and in parts', async () => {
    await ours.putObject(Bucket, 'source é+', long, { metadata: { colour: 'red' } })
    const CopySource = encodeURIComponent(`${Bucket}/source é+`)
    await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
    expect((await ours.statObject(Bucket, 'copy')).metadata).toEqual({ colour: 'red' })
    const Key = 'copied part'
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const CopySourceRange = 'bytes=100-199'
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key,
        UploadId,
        PartNumber: 1,
        CopySource,
        CopySourceRange,
      }),
    )
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: CopyPartResult?.ETag }] }
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }),
    )
    const reader = await ours.getObject(Bucket, Key)
    expect(Buffer.from(await reader.bytes())).toEqual(long.subarray(100, 200))
  })

  it('sends and checks a checksum', async () => {
    const bytes = randomBytes(1000)
    const input = { Bucket, Key: 'summed', Body: bytes }
    const { ChecksumCRC32C } = await client.send(
      new PutObjectCommand({ ...input, ChecksumAlgorithm: 'CRC32C' }),
    )
    const reader = await ours.getObject(Bucket, 'summed')
    expect(Buffer.from(await reader.bytes())).toEqual(bytes)
    const got = await client.send(
      new GetObjectCommand({ Bucket, Key: 'summed', ChecksumMode: 'ENABLED' }),
    )
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(bytes)
    expect(got.ChecksumCRC32C).toBe(ChecksumCRC32C)
    const wrong = new PutObjectCommand({ ...input, ChecksumCRC32C: 'AAAAAA==' })
    const { name } = (await failureOf(client.send(wrong))) as Error
    expect(['BadDigest', 'XAmzContentChecksumMismatch']).toContain(name)
  })

  it('tells the parts of an object', async () => {
    const Key = 'attributes'
    await new Upload({
      client,
      params: { Bucket, Key, Body: long, ChecksumAlgorithm: 'SHA256' },
      partSize,
    }).done()
    const { ObjectParts, ObjectSize } = await client.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key,
        ObjectAttributes: ['ObjectParts', 'ObjectSize', 'Checksum'],
      }),
    )
    expect([ObjectParts?.TotalPartsCount, ObjectSize]).toEqual([2, long.length])
    const head = await client.send(new HeadObjectCommand({ Bucket, Key, PartNumber: 2 }))
    expect([head.PartsCount, head.ContentLength]).toEqual([2, rest])
  })

  it('encrypts with keys of the customer', async () => {
    const key = randomBytes(32)
    const sse = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key.toString('base64') }
    await client.send(new PutObjectCommand({ Bucket, Key: 'sse-c', Body: 'secret', ...sse }))
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'sse-c', ...sse }))
    expect(await Body?.transformToString()).toBe('secret')
    await failureOf(client.send(new GetObjectCommand({ Bucket, Key: 'sse-c' })))
  })

  it('pages, and waits', async () => {
    await waitUntilBucketExists({ client, maxWaitTime: 10 }, { Bucket })
    await waitUntilObjectNotExists({ client, maxWaitTime: 10 }, { Bucket, Key: 'nothing' })
    for (const name of ['a', 'b', 'c']) await ours.putObject(Bucket, `page/${name}`, name)
    const found = []
    const pages = paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Prefix: 'page/' })
    for await (const { Contents = [] } of pages) found.push(...Contents.map(({ Key }) => Key))
    expect(found).toEqual(['page/a', 'page/b', 'page/c'])
  })

  it('selects from CSV', async () => {
    await ours.putObject(Bucket, 'people.csv', 'name,age\nAnn,31\nBob,29\n')
    const { Payload } = await client.send(
      new SelectObjectContentCommand({
        Bucket,
        Key: 'people.csv',
        ExpressionType: 'SQL',
        Expression: 'SELECT s.name FROM S3Object s WHERE CAST(s.age AS INT) > 30',
        InputSerialization: { CSV: { FileHeaderInfo: 'USE' } },
        OutputSerialization: { CSV: {} },
      }),
    )
    let records = ''
    let ended = false
    for await (const event of Payload ?? []) {
      records += Buffer.from(event.Records?.Payload ?? []).toString()
      if (event.End !== undefined) ended = true
    }
    expect([records, ended]).toEqual(['Ann\n', true])
  })

  it('leaves an upload that is aborted without its parts', async () => {
    const Key = 'aborted'
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x' }))
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
    const gone = await failureOf(client.send(new ListPartsCommand({ Bucket, Key, UploadId })))
    expect((gone as Error).name).toBe('NoSuchUpload')
  })
})
