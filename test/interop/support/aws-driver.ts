import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Readable } from 'node:stream'

import { openAwsClient, whenRequired } from './aws-client.ts'
import { awsFeatures } from './aws-features.ts'
import {
  textOf,
  unquoted,
  type Ability,
  type Driver,
  type DriverKind,
  type GetOptions,
  type ListedNames,
  type ListOptions,
  type ObjectFacts,
  type PutOptions,
  type Target,
} from './driver.ts'
import type { Features } from './features.ts'

class AwsDriver implements Driver {
  readonly #client: S3Client
  readonly features: Features

  constructor(target: Target, config: S3ClientConfig) {
    this.#client = openAwsClient(target, config)
    this.features = awsFeatures(this.#client)
  }

  async makeBucket(Bucket: string): Promise<void> {
    await this.#client.send(new CreateBucketCommand({ Bucket }))
  }

  async bucketExists(Bucket: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket }))
      return true
    } catch (error) {
      if (this.codeOf(error) === 'NotFound') return false
      throw error
    }
  }

  async listBuckets(): Promise<readonly string[]> {
    const { Buckets } = await this.#client.send(new ListBucketsCommand())
    return (Buckets ?? []).map(({ Name }) => Name ?? '')
  }

  async removeBucket(Bucket: string): Promise<void> {
    await this.#client.send(new DeleteBucketCommand({ Bucket }))
  }

  async put(
    Bucket: string,
    Key: string,
    Body: Buffer,
    { contentType, metadata, onlyNew }: PutOptions = {},
  ): Promise<string> {
    const { ETag } = await this.#client.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ContentType: contentType,
        Metadata: metadata,
        IfNoneMatch: onlyNew === true ? '*' : undefined,
      }),
    )
    return unquoted(ETag)
  }

  async putStream(Bucket: string, Key: string, pieces: readonly Buffer[]): Promise<string> {
    const ContentLength = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const Body = Readable.from(pieces, { objectMode: false })
    const { ETag } = await this.#client.send(
      new PutObjectCommand({ Bucket, Key, Body, ContentLength }),
    )
    return unquoted(ETag)
  }

  async putParts(Bucket: string, Key: string, bytes: Buffer): Promise<string> {
    const upload = new Upload({
      client: this.#client,
      params: { Bucket, Key, Body: Readable.from([bytes], { objectMode: false }) },
      partSize: 5 * 1024 ** 2,
      queueSize: 2,
    })
    return unquoted((await upload.done()).ETag)
  }

  async get(Bucket: string, Key: string, options: GetOptions = {}): Promise<Buffer> {
    const { offset, length, ifMatch, ifNoneMatch } = options
    const last = length === undefined ? '' : String((offset ?? 0) + length - 1)
    const reply = await this.#client.send(
      new GetObjectCommand({
        Bucket,
        Key,
        Range: offset === undefined ? undefined : `bytes=${offset}-${last}`,
        IfMatch: ifMatch,
        IfNoneMatch: ifNoneMatch,
      }),
    )
    return Buffer.from((await reply.Body?.transformToByteArray()) ?? [])
  }

  async stat(Bucket: string, Key: string): Promise<ObjectFacts> {
    const reply = await this.#client.send(new HeadObjectCommand({ Bucket, Key }))
    return {
      sizeBytes: reply.ContentLength ?? -1,
      etag: unquoted(reply.ETag),
      contentType: reply.ContentType,
      metadata: reply.Metadata ?? {},
    }
  }

  async list(Bucket: string, options: ListOptions = {}): Promise<ListedNames> {
    const { version = 2, prefix: Prefix, folders, pageSize: MaxKeys } = options
    const Delimiter = folders === true ? '/' : undefined
    const keys: string[] = []
    const prefixes: string[] = []
    let place: string | undefined
    for (let pages = 1; ; pages++) {
      const common = { Bucket, Prefix, Delimiter, MaxKeys }
      const { Contents, CommonPrefixes, IsTruncated, next } =
        version === 2 ? await this.#pageV2(common, place) : await this.#pageV1(common, place)
      for (const { Key } of Contents ?? []) keys.push(Key ?? '')
      for (const { Prefix: folder } of CommonPrefixes ?? []) prefixes.push(folder ?? '')
      place = next ?? keys.at(-1)
      if (IsTruncated !== true) return { keys, prefixes, pages }
    }
  }

  async #pageV2(input: PageInput, place: string | undefined) {
    const reply = await this.#client.send(
      new ListObjectsV2Command({ ...input, ContinuationToken: place }),
    )
    return { ...reply, next: reply.NextContinuationToken }
  }

  async #pageV1(input: PageInput, place: string | undefined) {
    const reply = await this.#client.send(new ListObjectsCommand({ ...input, Marker: place }))
    return { ...reply, next: reply.NextMarker }
  }

  async remove(Bucket: string, Key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket, Key }))
  }

  async removeMany(Bucket: string, keys: readonly string[]): Promise<void> {
    const Objects = keys.map((Key) => ({ Key }))
    const { Errors } = await this.#client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
    )
    if (Errors !== undefined && Errors.length > 0) throw new Error(JSON.stringify(Errors))
  }

  presignGet(Bucket: string, Key: string): Promise<string> {
    return getSignedUrl(this.#client, new GetObjectCommand({ Bucket, Key }), { expiresIn: 600 })
  }

  presignPut(Bucket: string, Key: string): Promise<string> {
    return getSignedUrl(this.#client, new PutObjectCommand({ Bucket, Key }), { expiresIn: 600 })
  }

  codeOf(error: unknown): string {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 304) return '304'
    return textOf(error, 'name') ?? ''
  }

  async close(): Promise<void> {
    this.#client.destroy()
  }
}

interface PageInput {
  readonly Bucket: string
  readonly Prefix: string | undefined
  readonly Delimiter: string | undefined
  readonly MaxKeys: number | undefined
}

const abilities: ReadonlySet<Ability> = new Set<Ability>([
  'conditions',
  'list-v1',
  'remove-many',
  'multipart',
])

/** As it comes: CRC-32 with everything, streams as aws-chunked with a trailer. */
export const awsDefault: DriverKind = {
  name: 'aws-sdk',
  abilities,
  open: (target) => new AwsDriver(target, {}),
}

/** As people set it for stores that do not take the checksums. */
export const awsPlain: DriverKind = {
  name: 'aws-sdk-when-required',
  abilities,
  open: (target) => new AwsDriver(target, whenRequired),
}
