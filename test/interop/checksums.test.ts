import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { Client, type ChecksumAlgorithm, type ChecksumType } from 'stowage'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startTestServer, storeKinds, type TestServer } from './support/fixture.ts'

const partSize = 5 * 1024 ** 2
const small = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7) % 251))
const large = Buffer.alloc(2 * partSize + 4321, small.subarray(0, 251 * 3))

const algorithms: readonly ChecksumAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']
const placements = ['header', 'trailer'] as const
const inParts: readonly (readonly [ChecksumAlgorithm, ChecksumType])[] = [
  ['CRC32', 'COMPOSITE'],
  ['CRC32', 'FULL_OBJECT'],
  ['CRC32C', 'COMPOSITE'],
  ['CRC32C', 'FULL_OBJECT'],
  ['CRC64NVME', 'FULL_OBJECT'],
  ['SHA1', 'COMPOSITE'],
  ['SHA256', 'COMPOSITE'],
]

/** The property that the AWS client has for an algorithm. */
const field = (algorithm: ChecksumAlgorithm) => `Checksum${algorithm}` as const

/** What one client makes the other one checks: the AWS client computes its sums itself. */
describe.each(storeKinds)('checksums between our client and that of AWS (%s)', (store) => {
  const bucket = 'checksums'
  let running: TestServer | undefined
  let ours: Client
  let aws: S3Client
  let folder = ''

  beforeAll(async () => {
    running = await startTestServer(store)
    const { port, accessKey, secretKey, region } = running.server
    const endpoint = `http://127.0.0.1:${port}`
    const retry = { maxAttempts: 1 }
    ours = new Client({ endpoint, accessKey, secretKey, region, retry })
    aws = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      forcePathStyle: true,
      maxAttempts: 1,
    })
    folder = await mkdtemp(join(tmpdir(), 'stowage-checksums-'))
    await ours.makeBucket(bucket)
  })

  afterAll(async () => {
    aws.destroy()
    await ours.close()
    await running?.close()
    await rm(folder, { recursive: true })
    expect(running?.defects).toEqual([])
  })

  /** Read by the AWS client, which compares; it does not say so, but for the sum it was given. */
  async function readByAws(Key: string, algorithm: ChecksumAlgorithm) {
    const reply = await aws.send(
      new GetObjectCommand({ Bucket: bucket, Key, ChecksumMode: 'ENABLED' }),
    )
    const bytes = Buffer.from((await reply.Body?.transformToByteArray()) ?? [])
    return { bytes, sum: reply[field(algorithm)], type: reply.ChecksumType }
  }

  /** Read by ours, as a stream and into a file. */
  async function readByOurs(key: string, expected: Buffer): Promise<readonly unknown[]> {
    const reader = await ours.getObject(bucket, key, { verify: true })
    expect(Buffer.from(await reader.bytes()).equals(expected)).toBe(true)
    const { verifiedBy } = await ours.fGetObject(bucket, key, join(folder, 'file'))
    return [reader.verifiedBy, verifiedBy]
  }

  describe.each(algorithms)('%s', (algorithm) => {
    const lower = algorithm.toLowerCase()

    it.each(placements)('of ours in a %s is right for the AWS client', async (placement) => {
      const checksum = { algorithm, placement }
      const put = await ours.putObject(bucket, 'small', small, { checksum })
      const { bytes, sum, type } = await readByAws('small', algorithm)
      expect(bytes.equals(small)).toBe(true)
      expect([sum, type]).toEqual([put.checksums[lower], 'FULL_OBJECT'])
    })

    it('of the AWS client is right for ours, in a header and in a trailer', async () => {
      for (const Body of [small, Readable.from([small], { objectMode: false })]) {
        await aws.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: 'theirs',
            Body,
            ContentLength: small.length,
            ChecksumAlgorithm: algorithm,
          }),
        )
        expect(await readByOurs('theirs', small)).toEqual([lower, lower])
      }
    })
  })

  describe.each(inParts)('%s %s of parts', (algorithm, type) => {
    const lower = algorithm.toLowerCase()

    it.each(placements)('of ours in a %s is right for the AWS client', async (placement) => {
      const checksum = { algorithm, type, placement }
      const put = await ours.putObject(bucket, 'parts', large, { partSize, checksum })
      expect(put.checksumType).toBe(type)
      const read = await readByAws('parts', algorithm)
      expect(read.bytes.equals(large)).toBe(true)
      expect([read.sum, read.type]).toEqual([put.checksums[lower], type])
      const told = await aws.send(
        new GetObjectAttributesCommand({
          Bucket: bucket,
          Key: 'parts',
          ObjectAttributes: ['Checksum', 'ObjectParts'],
        }),
      )
      expect(told.Checksum).toMatchObject({
        [field(algorithm)]: put.checksums[lower],
        ChecksumType: type,
      })
      expect(told.ObjectParts?.Parts).toHaveLength(3)
      // Each part by itself, which the AWS client compares with the sum of that part.
      const part = await aws.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: 'parts',
          PartNumber: 2,
          ChecksumMode: 'ENABLED',
        }),
      )
      const bytes = Buffer.from((await part.Body?.transformToByteArray()) ?? [])
      expect(bytes.equals(large.subarray(partSize, 2 * partSize))).toBe(true)
      expect(part[field(algorithm)]).toBe(told.ObjectParts?.Parts?.[1]?.[field(algorithm)])
    })

    it('of the AWS client is right for ours', async () => {
      const UploadId = await begin(algorithm, type)
      const Parts = []
      for (let at = 0; at * partSize < large.length; at++) {
        const PartNumber = at + 1
        const Body = large.subarray(at * partSize, (at + 1) * partSize)
        const part = await aws.send(
          new UploadPartCommand({
            ...{ Bucket: bucket, Key: 'their-parts', UploadId, PartNumber, Body },
            ChecksumAlgorithm: algorithm,
          }),
        )
        const sum = part[field(algorithm)]
        expect(sum).toBeDefined()
        Parts.push({ PartNumber, ETag: part.ETag, [field(algorithm)]: sum })
      }
      await aws.send(
        new CompleteMultipartUploadCommand({
          ...{ Bucket: bucket, Key: 'their-parts', UploadId, MultipartUpload: { Parts } },
          ChecksumType: type,
        }),
      )
      expect(await readByOurs('their-parts', large)).toEqual([lower, lower])
    })

    it('of lib-storage is right for ours', async () => {
      const upload = new Upload({
        client: aws,
        params: {
          Bucket: bucket,
          Key: 'lib-storage',
          Body: Readable.from([large], { objectMode: false }),
          ChecksumAlgorithm: algorithm,
          ChecksumType: type,
        },
        partSize,
        queueSize: 2,
      })
      await upload.done()
      expect(await readByOurs('lib-storage', large)).toEqual([lower, lower])
    })
  })

  async function begin(algorithm: ChecksumAlgorithm, type: ChecksumType): Promise<string> {
    const { UploadId = '' } = await aws.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: 'their-parts',
        ChecksumAlgorithm: algorithm,
        ChecksumType: type,
      }),
    )
    return UploadId
  }
})
