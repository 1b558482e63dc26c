import type { ListingEntry } from '@stowage/protocol'
import { checkSignal } from './checks.ts'
import { assemble, type Assembly } from './assemble.ts'
import { isS3Error } from './errors.ts'
import { Listing } from './results/listing.ts'
import type { ObjectReader } from './results/object-reader.ts'
import type { ObjectStat } from './results/object-stat.ts'
import { headBucket } from './operations/bucket-exists.ts'
import type { GetObjectOptions } from './operations/get-object.ts'
import {
  checkListBuckets,
  listBuckets,
  type Bucket,
  type ListBucketsOptions,
} from './operations/list-buckets.ts'
import {
  checkListObjectsV2,
  listObjectsV2,
  type ListObjectsV2Options,
} from './operations/list-objects-v2.ts'
import { makeBucket, type MakeBucketOptions } from './operations/make-bucket.ts'
import {
  presignedGetObject,
  presignedPutObject,
  type PresignedGetOptions,
  type PresignedPutOptions,
} from './operations/presign.ts'
import type { PutResult } from './operations/put-object.ts'
import { removeBucket } from './operations/remove-bucket.ts'
import {
  removeObject,
  type RemoveObjectOptions,
  type RemoveResult,
} from './operations/remove-object.ts'
import { statObject, type StatObjectOptions } from './operations/stat-object.ts'
import type { CallOptions, ClientOptions } from './options.ts'
import type { ObjectData } from './request/source-body.ts'
import {
  downloadFile,
  type DownloadResult,
  type FGetObjectOptions,
} from './transfer/fget-object.ts'
import { uploadFile, type FPutObjectOptions } from './transfer/fput-object.ts'
import { openObject } from './transfer/get-object.ts'
import { uploadData, type PutObjectOptions } from './transfer/put-object.ts'

/**
 * A client of one store. Share one among any number of concurrent calls, and `close` it at
 * the end.
 *
 * Every method checks its arguments before anything is sent (`InvalidArgumentError`), and
 * fails with `S3Error` when the store refuses, with `TransportError` when the network does,
 * or with the reason of the caller's signal.
 *
 * @example
 * ```ts
 * import { Client } from 'stowage'
 *
 * const client = new Client({
 *   endpoint: 'play.min.io',
 *   accessKey: 'YOUR-ACCESS-KEY',
 *   secretKey: 'YOUR-SECRET-KEY',
 * })
 * ```
 */
export class Client implements AsyncDisposable {
  readonly #parts: Assembly

  /**
   * @param options the store's endpoint, keys, and how to talk to it
   * @throws InvalidArgumentError naming the option that is wrong
   */
  constructor(options: ClientOptions) {
    this.#parts = assemble(options)
  }

  /**
   * Creates a bucket.
   *
   * @param bucket 3 to 63 lower-case letters, digits, dots and hyphens
   * @throws S3Error `BucketAlreadyOwnedByYou` or `BucketAlreadyExists`
   */
  async makeBucket(bucket: string, options: MakeBucketOptions = {}): Promise<void> {
    const { regions, pipeline } = this.#parts
    const region = options.region ?? regions.of(undefined).region
    const request = makeBucket(bucket, region, options)
    regions.checkAgreement(region)
    // The request goes where the client is at home; its body says where the bucket shall be.
    await pipeline.send(request, { ...options, region: undefined })
    regions.learn(bucket, region, region)
  }

  /** Lists the buckets that the keys can see. */
  listBuckets(options: ListBucketsOptions = {}): Listing<Bucket> {
    checkListBuckets(options)
    return Listing.of('ListBuckets', (token: string | undefined, signal) =>
      this.#parts.pipeline.send(listBuckets(options, token), within(options, signal)),
    )
  }

  /**
   * Whether a bucket exists.
   *
   * @throws S3Error `AccessDenied` when the store does not let the keys know
   */
  async bucketExists(bucket: string, options: CallOptions = {}): Promise<boolean> {
    try {
      return await this.#parts.pipeline.send(headBucket(bucket), options)
    } catch (error) {
      if (isS3Error(error) && error.status === 404) return false
      throw error
    }
  }

  /**
   * Removes an empty bucket.
   *
   * @throws S3Error `BucketNotEmpty` or `NoSuchBucket`
   */
  async removeBucket(bucket: string, options: CallOptions = {}): Promise<void> {
    await this.#parts.pipeline.send(removeBucket(bucket), options)
    this.#parts.regions.forget(bucket)
  }

  /**
   * Stores an object: in one request when it fits into one part, else in several at the same
   * time. Streams may be of any length, known or not; memory is bounded by
   * `concurrency` x `partSize` and one part more. When it fails nothing is stored, and no
   * unfinished upload is left behind.
   *
   * @param data text (sent as UTF-8), bytes, a Blob, or a stream or iterable of bytes
   * @throws S3Error `NoSuchBucket`, or `PreconditionFailed` under `conditions`
   * @throws IntegrityError when a stream gives other than `length` bytes; nothing is stored
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function save(client: Client): Promise<string> {
   *   const { etag } = await client.putObject('photos', 'a.txt', 'hello', {
   *     contentType: 'text/plain',
   *     metadata: { camera: 'Leica' },
   *   })
   *   return etag
   * }
   * ```
   */
  async putObject(
    bucket: string,
    object: string,
    data: ObjectData,
    options: PutObjectOptions = {},
  ): Promise<PutResult> {
    return uploadData(this.#parts.pipeline, bucket, object, data, options)
  }

  /**
   * Uploads a file, read by position and never held as a whole.
   *
   * @throws IntegrityError when the file changes meanwhile; nothing is stored
   */
  async fPutObject(
    bucket: string,
    object: string,
    path: string,
    options: FPutObjectOptions = {},
  ): Promise<PutResult> {
    return uploadFile(this.#parts.pipeline, bucket, object, path, options)
  }

  /**
   * Opens an object, or a part of it, for reading. `timeout` covers the time until the head of
   * the answer; `signal` ends the body as well.
   *
   * @throws S3Error `NoSuchKey`, `NoSuchVersion`, `InvalidRange`, `PreconditionFailed`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function head(client: Client): Promise<string> {
   *   const reader = await client.getObject('photos', 'a.txt', { length: 100 })
   *   return reader.text()
   * }
   * ```
   */
  async getObject(
    bucket: string,
    object: string,
    options: GetObjectOptions = {},
  ): Promise<ObjectReader> {
    return openObject(this.#parts.pipeline, bucket, object, options)
  }

  /**
   * Downloads an object into a file, by parallel ranges of one and the same object. At any
   * instant the path holds its old content or the new one, whole.
   *
   * @param path where to; its folder must exist
   * @returns what the store said of the object, and what the content was verified by
   * @throws S3Error `NoSuchKey`; `PreconditionFailed` when the object was replaced meanwhile
   * @throws IntegrityError when length or checksum do not match; the error of the file system
   */
  async fGetObject(
    bucket: string,
    object: string,
    path: string,
    options: FGetObjectOptions = {},
  ): Promise<DownloadResult> {
    return downloadFile(this.#parts.pipeline, bucket, object, path, options)
  }

  /**
   * Asks for size, ETag, metadata and the rest of what a store knows of an object.
   *
   * @throws S3Error `NoSuchKey`
   */
  async statObject(
    bucket: string,
    object: string,
    options: StatObjectOptions = {},
  ): Promise<ObjectStat> {
    return this.#parts.pipeline.send(statObject(bucket, object, options), options)
  }

  /** Removes an object, or one version of it. An object that is not there is no error. */
  async removeObject(
    bucket: string,
    object: string,
    options: RemoveObjectOptions = {},
  ): Promise<RemoveResult> {
    return this.#parts.pipeline.send(removeObject(bucket, object, options), options)
  }

  /**
   * Lists objects through version 2 of S3's listing. Without `recursive`, what lies behind a
   * further `/` comes as one entry with `isPrefix`.
   */
  listObjectsV2(bucket: string, options: ListObjectsV2Options = {}): Listing<ListingEntry> {
    checkListObjectsV2(bucket, options)
    return Listing.of('ListObjectsV2', (token: string | undefined, signal) =>
      this.#parts.pipeline.send(listObjectsV2(bucket, options, token), within(options, signal)),
    )
  }

  /**
   * A URL with which anybody can read the object for a while.
   *
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function share(client: Client): Promise<string> {
   *   return client.presignedGetObject('photos', 'a.txt', { expirySeconds: 3600 })
   * }
   * ```
   */
  async presignedGetObject(
    bucket: string,
    object: string,
    options: PresignedGetOptions = {},
  ): Promise<string> {
    return this.#parts.presigner.url(presignedGetObject(bucket, object, options), options)
  }

  /** A URL with which anybody can write the object for a while, by PUT. */
  async presignedPutObject(
    bucket: string,
    object: string,
    options: PresignedPutOptions = {},
  ): Promise<string> {
    return this.#parts.presigner.url(presignedPutObject(bucket, object, options), options)
  }

  /** Frees the connections; calls under way are cut off. A dispatcher of yours stays open. */
  async close(): Promise<void> {
    await this.#parts.transport.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** A page's request ends with the listing as well as with the caller's signal. */
function within(options: CallOptions, signal: AbortSignal): CallOptions {
  if (options.signal === undefined) return { ...options, signal }
  checkSignal(options.signal)
  return { ...options, signal: AbortSignal.any([options.signal, signal]) }
}
