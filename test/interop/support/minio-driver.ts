import { Client, S3Error } from 'minio'
import { Readable } from 'node:stream'

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
import { minioFeatures } from './minio-features.ts'

class MinioDriver implements Driver {
  readonly #client: Client
  readonly #region: string
  readonly features: Features

  constructor({ port, accessKey, secretKey, region }: Target) {
    this.#region = region
    this.#client = new Client({
      endPoint: '127.0.0.1',
      port,
      useSSL: false,
      accessKey,
      secretKey,
      region,
      partSize: 5 * 1024 ** 2,
    })
    this.features = minioFeatures(this.#client)
  }

  async makeBucket(bucket: string): Promise<void> {
    await this.#client.makeBucket(bucket, this.#region)
  }

  bucketExists(bucket: string): Promise<boolean> {
    return this.#client.bucketExists(bucket)
  }

  async listBuckets(): Promise<readonly string[]> {
    return (await this.#client.listBuckets()).map(({ name }) => name)
  }

  removeBucket(bucket: string): Promise<void> {
    return this.#client.removeBucket(bucket)
  }

  async put(
    bucket: string,
    key: string,
    bytes: Buffer,
    { contentType, metadata }: PutOptions = {},
  ): Promise<string> {
    const type = contentType === undefined ? {} : { 'Content-Type': contentType }
    const { etag } = await this.#client.putObject(bucket, key, bytes, bytes.length, {
      ...type,
      ...metadata,
    })
    return unquoted(etag)
  }

  async putStream(bucket: string, key: string, pieces: readonly Buffer[]): Promise<string> {
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const stream = Readable.from(pieces, { objectMode: false })
    return unquoted((await this.#client.putObject(bucket, key, stream, sizeBytes)).etag)
  }

  async putParts(bucket: string, key: string, bytes: Buffer): Promise<string> {
    const stream = Readable.from([bytes], { objectMode: false })
    return unquoted((await this.#client.putObject(bucket, key, stream, bytes.length)).etag)
  }

  async get(bucket: string, key: string, { offset, length }: GetOptions = {}): Promise<Buffer> {
    const stream =
      offset === undefined
        ? await this.#client.getObject(bucket, key)
        : await this.#client.getPartialObject(bucket, key, offset, length)
    const pieces: Buffer[] = await stream.toArray()
    return Buffer.concat(pieces)
  }

  async stat(bucket: string, key: string): Promise<ObjectFacts> {
    const { size, etag, metaData } = await this.#client.statObject(bucket, key)
    const { 'content-type': contentType, ...rest } = metaData as Record<string, string>
    // Some headers of S3 itself are among it, such as the storage class.
    const own = Object.entries(rest).filter(([name]) => !name.startsWith('x-amz-'))
    const metadata = Object.fromEntries(own)
    return { sizeBytes: size, etag: unquoted(etag), contentType, metadata }
  }

  async list(bucket: string, options: ListOptions = {}): Promise<ListedNames> {
    const { version = 2, prefix = '', folders, pageSize = 1000 } = options
    const delimiter = folders === true ? '/' : ''
    const keys: string[] = []
    const prefixes: string[] = []
    let place = ''
    for (let pages = 1; ; pages++) {
      const page =
        version === 2
          ? await this.#pageV2(bucket, prefix, delimiter, pageSize, place)
          : await this.#pageV1(bucket, prefix, delimiter, pageSize, place)
      for (const { name, prefix: folder } of page.objects) {
        if (folder === undefined) keys.push(String(name))
        else prefixes.push(folder)
      }
      if (!page.isTruncated) return { keys, prefixes, pages }
      place = page.next
    }
  }

  async #pageV2(bucket: string, prefix: string, delimiter: string, size: number, place: string) {
    const page = await this.#client.listObjectsV2Query(bucket, prefix, place, delimiter, size, '')
    return { ...page, next: page.nextContinuationToken }
  }

  async #pageV1(bucket: string, prefix: string, Delimiter: string, MaxKeys: number, place: string) {
    const options = { Delimiter, MaxKeys, IncludeVersion: false }
    const page = await this.#client.listObjectsQuery(bucket, prefix, place, options)
    return { ...page, isTruncated: page.isTruncated === true, next: page.nextMarker ?? '' }
  }

  remove(bucket: string, key: string): Promise<void> {
    return this.#client.removeObject(bucket, key)
  }

  async removeMany(bucket: string, keys: readonly string[]): Promise<void> {
    await this.#client.removeObjects(bucket, [...keys])
  }

  presignGet(bucket: string, key: string): Promise<string> {
    return this.#client.presignedGetObject(bucket, key, 600)
  }

  presignPut(bucket: string, key: string): Promise<string> {
    return this.#client.presignedPutObject(bucket, key, 600)
  }

  codeOf(error: unknown): string {
    return error instanceof S3Error ? (textOf(error, 'code') ?? '') : String(error)
  }

  async close(): Promise<void> {
    // Its agent keeps idle connections; they end with the server.
  }
}

export const minio: DriverKind = {
  name: 'minio-js',
  abilities: new Set<Ability>(['list-v1', 'remove-many', 'multipart']),
  open: (target) => new MinioDriver(target),
}
