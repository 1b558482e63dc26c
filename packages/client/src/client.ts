import type { CorsRule, LifecycleRule, NotificationConfiguration } from '@stowage/protocol'
import { assemble, type Assembly } from './assemble.ts'
import { systemClock } from './clock.ts'
import { checkCall } from './pipeline/call-check.ts'
import { Listing, type PagedRequest } from './results/listing.ts'
import type { ObjectReader } from './results/object-reader.ts'
import type { ObjectStat } from './results/object-stat.ts'
import { deleteBucketCors, getBucketCors, setBucketCors } from './operations/bucket-cors.ts'
import {
  deleteBucketLifecycle,
  getBucketLifecycle,
  setBucketLifecycle,
} from './operations/bucket-lifecycle.ts'
import {
  deleteBucketEncryption,
  getBucketEncryption,
  putBucketEncryption,
  type BucketEncryption,
} from './operations/bucket-encryption.ts'
import { headBucket } from './operations/bucket-exists.ts'
import {
  getBucketNotification,
  setBucketNotification,
  type NotificationConfig,
} from './operations/bucket-notification.ts'
import {
  deleteBucketPolicy,
  getBucketPolicy,
  setBucketPolicy,
  type BucketPolicy,
} from './operations/bucket-policy.ts'
import {
  getBucketVersioning,
  putBucketVersioning,
  suspended,
  type BucketVersioning,
  type EnableVersioningOptions,
} from './operations/bucket-versioning.ts'
import type { CopyObjectResult } from './operations/copy-object.ts'
import type { GetObjectOptions } from './operations/get-object.ts'
import { listBuckets, type Bucket, type ListBucketsOptions } from './operations/list-buckets.ts'
import { listAnyObjects } from './operations/list-any-objects.ts'
import { checkListen, type ListenOptions } from './operations/listen-bucket-notification.ts'
import { listObjectsV2, type ListObjectsV2Options } from './operations/list-objects-v2.ts'
import { listObjects, type Listed, type ListObjectsOptions } from './operations/list-objects.ts'
import { makeBucket, type MakeBucketOptions } from './operations/make-bucket.ts'
import {
  presigned,
  presignedGetObject,
  presignedPutObject,
  presignedUploadPart,
  type PresignedGetOptions,
  type PresignedPutOptions,
  type PresignedUploadPartOptions,
  type PresignedUrlOptions,
} from './operations/presign.ts'
import { objectExists } from './operations/object-exists.ts'
import {
  getObjectLegalHold,
  getObjectLockConfig,
  getObjectRetention,
  putObjectRetention,
  setObjectLegalHold,
  setObjectLockConfig,
  setObjectRetention,
  type ObjectLockConfig,
  type ObjectRetention,
  type SetObjectRetentionOptions,
} from './operations/object-lock.ts'
import type { PutResult } from './operations/put-object.ts'
import { removeBucket } from './operations/remove-bucket.ts'
import {
  removeObject,
  type RemoveObjectOptions,
  type RemoveResult,
} from './operations/remove-object.ts'
import { selectObjectContent, type SelectOptions } from './operations/select-object-content.ts'
import { statObject, type StatObjectOptions } from './operations/stat-object.ts'
import type { SelectReader } from './results/select-reader.ts'
import type { NotificationEvent } from './results/notification-event.ts'
import { listen } from './transfer/listen.ts'
import type { CallOptions, ClientOptions } from './options.ts'
import type { Method } from './transport/transport.ts'
import type { PostPolicy } from './request/post-policy.ts'
import type {
  PresignedPost,
  PresignedRequest,
  PresignPostOptions,
} from './request/presign-request.ts'
import type { TraceSink } from './hooks.ts'
import {
  deleteBucketTags,
  deleteObjectTags,
  getBucketTags,
  getObjectTags,
  setBucketTags,
  setObjectTags,
  type ObjectVersionOptions,
} from './operations/tags.ts'
import type { CopySource } from './request/copy-source.ts'
import type { Tags } from './request/tags.ts'
import {
  removeObjects,
  type DeleteError,
  type ObjectToRemove,
  type RemoveObjectsOptions,
} from './transfer/remove-objects.ts'
import {
  composeObject,
  type ComposeObjectOptions,
  type ComposeSource,
} from './transfer/compose-object.ts'
import { copyAnyObject, type CopyObjectOptions } from './transfer/copy-object.ts'
import { enableBucketVersioning } from './transfer/enable-bucket-versioning.ts'
import type { ListIncompleteUploadsOptions } from './operations/list-multipart-uploads.ts'
import type { Send } from './request/request.ts'
import type { ObjectData } from './request/source-body.ts'
import {
  downloadFile,
  type DownloadResult,
  type FGetObjectOptions,
} from './transfer/fget-object.ts'
import { uploadFile, type FPutObjectOptions } from './transfer/fput-object.ts'
import { openObject } from './transfer/get-object.ts'
import { uploadData, type PutObjectOptions } from './transfer/put-object.ts'
import {
  listIncompleteUploads,
  removeIncompleteUpload,
  type IncompleteUploadEntry,
} from './transfer/incomplete-uploads.ts'
import { pageFetcher } from './transfer/page-fetcher.ts'

/**
 * A client of one store. Share one among any number of concurrent calls, and `close` it at
 * the end.
 *
 * Every method checks its arguments before anything is sent (`InvalidArgumentError`), and
 * fails with `S3Error` when the store refuses, with `TransportError` when the network does,
 * or with the reason of the caller's signal.
 *
 * The options of every method that sends requests may hold a `signal`, a `timeout` in milliseconds
 * for the call with all its attempts, `requestHeaders`, `extraQueryParams` and the bucket's `region`.
 * A name that is no option, such as `expires` for `expirySeconds`, is refused by the compiler; in
 * plain JavaScript many that other clients use are refused, too, and any other is passed over.
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
  readonly #send: Send

  /**
   * @param options the store's endpoint, keys, and how to talk to it
   * @throws InvalidArgumentError naming the option that is wrong
   */
  constructor(options: ClientOptions) {
    this.#parts = assemble(options)
    this.#send = (request, callOptions) => this.#parts.pipeline.send(request, callOptions)
  }

  /**
   * Creates a bucket.
   *
   * @param bucket 3 to 63 lower-case letters, digits, dots and hyphens
   * @param options `region`: where the bucket shall live; `objectLock`: whether objects can be
   *   locked
   * @throws S3Error `BucketAlreadyOwnedByYou` or `BucketAlreadyExists`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function make(client: Client): Promise<void> {
   *   await client.makeBucket('photos', { region: 'eu-central-1', objectLock: true })
   * }
   * ```
   */
  async makeBucket(bucket: string, options: MakeBucketOptions = {}): Promise<void> {
    checkCall(options)
    const { regions, pipeline } = this.#parts
    const region = options.region ?? regions.of(undefined).region
    const request = makeBucket(bucket, region, options)
    regions.checkAgreement(region)
    // The request goes where the client is at home; its body says where the bucket shall be.
    await pipeline.send(request, { ...options, region: undefined })
    // A store that is elsewhere than was thought has said so meanwhile, and knows better.
    if (options.region !== undefined || regions.of(bucket).guessed) {
      regions.learn(bucket, region, region)
    }
  }

  /**
   * Lists the buckets that the keys can see.
   *
   * @param options `prefix`: only buckets whose names begin so
   * @throws S3Error `AccessDenied`, from reading the list
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function print(client: Client): Promise<void> {
   *   for await (const { name, creationDate } of client.listBuckets()) console.log(name, creationDate)
   * }
   * ```
   */
  listBuckets(options: ListBucketsOptions = {}): Listing<Bucket> {
    checkCall(options)
    return this.#list(listBuckets(options), options)
  }

  /**
   * Whether a bucket exists.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `AccessDenied` when the store does not let the keys know
   */
  async bucketExists(bucket: string, options: CallOptions = {}): Promise<boolean> {
    return this.#send(headBucket(bucket), options)
  }

  /**
   * Removes an empty bucket.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `BucketNotEmpty` or `NoSuchBucket`
   */
  async removeBucket(bucket: string, options: CallOptions = {}): Promise<void> {
    await this.#parts.pipeline.send(removeBucket(bucket), options)
    this.#parts.regions.forget(bucket)
  }

  /**
   * Stores an object: in one request when it fits into one part, else in several at the same
   * time. Streams may be of any length, known or not; memory is bounded by
   * `concurrency` x `partSize` and one part more. When it fails nothing is stored, and what it
   * began is aborted; `leftUpload` reports an upload that may be left nevertheless.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param data text (sent as UTF-8), bytes, a Blob, or a stream or iterable of bytes
   * @param options content type, metadata, tags, encryption, conditions, checksum; `partSize` and
   *   `length` in bytes
   * @throws S3Error `NoSuchBucket`; `PreconditionFailed` under `conditions`; `BadDigest` (MinIO:
   *   `XAmzContentChecksumMismatch`) when the data does not have the `checksum`
   * @throws IntegrityError when a stream gives other than `length` bytes, or parts do not have the
   *   value of `checksum`: nothing is stored; or when the store says that it has stored other data
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function save(client: Client): Promise<string> {
   *   const { etag } = await client.putObject('photos', 'a.txt', 'hello', {
   *     contentType: 'text/plain',
   *     metadata: { camera: 'Leica' },
   *     checksum: 'CRC32C',
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
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param path of the file, which is not to change meanwhile
   * @param options as of `putObject`; `onState` and `resumeFrom` for uploads that may be cut
   * @throws IntegrityError when the file changes meanwhile; nothing is stored
   * @throws S3Error `NoSuchBucket`, or `PreconditionFailed` under `conditions`; the error of the file
   *   system, such as `ENOENT`, where the file cannot be read
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function backup(client: Client): Promise<void> {
   *   await client.fPutObject('backups', 'monday.tar', '/tmp/monday.tar', {
   *     checksum: 'CRC64NVME',
   *     onProgress: ({ transferred, total }) => console.log(transferred, total),
   *   })
   * }
   * ```
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
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `offset`, `length` and `suffixLength` in bytes, or `partNumber`; version,
   *   customer key, conditions; `verify`: compare the content with the store's checksum
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
    checkCall(options)
    return openObject(this.#parts.pipeline, { bucket, object }, options)
  }

  /**
   * Downloads an object into a file, by parallel ranges of one and the same object. At any
   * instant the path holds its old content or the new one, whole.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param path where to; its folder is made where there is none
   * @param options `partSize` in bytes, `concurrency` in requests; version, customer key; `resume`
   * @returns what the store said of the object, and what the content was verified by: the best that
   *   the store tells, a checksum of the whole or of the parts, the ETag, or else the length alone
   * @throws S3Error `NoSuchKey`; `PreconditionFailed` when the object was replaced meanwhile
   * @throws IntegrityError when length or checksum do not match; the error of the file system
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function restore(client: Client): Promise<void> {
   *   await client.fGetObject('backups', 'monday.tar', '/tmp/monday.tar', {
   *     resume: true,
   *     onProgress: ({ transferred, total }) => console.log(transferred, total),
   *   })
   * }
   * ```
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
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options version, customer key, conditions; `withChecksums` for stored checksums,
   *   `partNumber` for the number of parts
   * @throws S3Error `NoSuchKey`
   * @throws S3Error `NoSuchVersion`, or `PreconditionFailed` under `conditions`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function size(client: Client): Promise<number> {
   *   return (await client.statObject('photos', 'a.txt')).sizeBytes
   * }
   * ```
   */
  async statObject(
    bucket: string,
    object: string,
    options: StatObjectOptions = {},
  ): Promise<ObjectStat> {
    checkCall(options)
    return this.#parts.pipeline.send(statObject(bucket, object, options), options)
  }

  /**
   * Whether an object, or this version of it, exists. Where the store does not say that it is the
   * bucket that is missing, that is false as well.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options as of `statObject`
   * @throws S3Error `AccessDenied` when the store does not let the keys know
   */
  async objectExists(
    bucket: string,
    object: string,
    options: StatObjectOptions = {},
  ): Promise<boolean> {
    checkCall(options)
    return this.#send(objectExists(bucket, object, options), options)
  }

  /**
   * Removes an object, or one version of it. An object that is not there is no error.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `versionId`: removes that version for good; `bypassGovernance` where it is
   *   retained; `conditions.ifMatch`: the ETag that the object must have
   * @throws S3Error `AccessDenied`, also for versions that are retained or held
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function purge(client: Client, versionId: string): Promise<void> {
   *   await client.removeObject('photos', 'a.txt', { versionId })
   * }
   * ```
   */
  async removeObject(
    bucket: string,
    object: string,
    options: RemoveObjectOptions = {},
  ): Promise<RemoveResult> {
    checkCall(options)
    return this.#parts.pipeline.send(removeObject(bucket, object, options), options)
  }

  /**
   * Removes many objects, up to 1000 with each request. Nothing is removed before the result is
   * read, and reading goes on while objects are removed: read it to its end. It yields what could
   * not be removed; objects that are not there are no error. What the store was too busy for is
   * tried once more.
   *
   * When reading is left, or `objects` throws, batches under way are still answered or cut off, and
   * no further one is begun.
   *
   * @param bucket the name of the bucket
   * @param objects keys, or entries of a `recursive` listing, pulled as they are needed; with
   *   `versionId` that version is removed for good
   * @param options `concurrency` in requests; `bypassGovernance` for versions that are retained
   * @throws S3Error `NoSuchBucket`, and what else speaks of the whole request
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function clear(client: Client): Promise<void> {
   *   const old = client.listObjectsV2('photos', { prefix: '2019/', recursive: true })
   *   for await (const { object, code } of client.removeObjects('photos', old)) {
   *     console.error(`${object} stays: ${code}`)
   *   }
   * }
   * ```
   */
  removeObjects(
    bucket: string,
    objects: Iterable<ObjectToRemove> | AsyncIterable<ObjectToRemove>,
    options: RemoveObjectsOptions = {},
  ): AsyncIterable<DeleteError> {
    checkCall(options)
    return removeObjects(this.#send, systemClock, bucket, objects, options)
  }

  /**
   * Copies an object within the store. Metadata, content type and tags come from the source unless
   * the options name others. What S3 takes from no source is the target's: encryption, storage
   * class, website redirect, object lock.
   *
   * A copy is one request. When the store refuses the source as too large for that (more than 5 GiB
   * on AWS), it is copied in parts at the same time, all of them of the object that was there at the
   * beginning; when that fails no object is made, and the upload is aborted; `leftUpload` tells of one
   * that may be left all the same.
   *
   * One request leaves the encryption to the target bucket. A copy in parts without `sse` is
   * encrypted like its source, with the same key of the key service, unless the bucket encrypts as
   * much by default. A key of another region or account may be refused: name an `sse` then. A
   * customer's key (`sourceSse`) is not kept.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param source `bucket/key`, nothing in it encoded, with `?versionId=` behind it for a version;
   *   or an object, which leaves no doubt about keys with question marks
   * @param options conditions on the source, both encryptions, and what the copy shall have of its
   *   own; `partSize` in bytes, for stores that are slow to copy much at once
   * @throws S3Error `NoSuchKey`; `PreconditionFailed` under `conditions`, or when the source is
   *   replaced while its parts are copied
   * @throws IntegrityError when that happens at a store that does not heed conditions
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function rename(client: Client): Promise<void> {
   *   await client.copyObject('photos', 'new.jpg', { bucket: 'photos', object: 'old.jpg' })
   *   await client.removeObject('photos', 'old.jpg')
   * }
   * ```
   */
  async copyObject(
    bucket: string,
    object: string,
    source: string | CopySource,
    options: CopyObjectOptions = {},
  ): Promise<CopyObjectResult> {
    checkCall(options)
    return copyAnyObject(this.#parts.pipeline, bucket, object, source, options)
  }

  /**
   * Makes one object of several, or of parts of them, within the store. Each source is the object
   * that was there at the beginning; when one of them is replaced meanwhile, the call fails. When it
   * fails no object is made, and the upload is aborted; `leftUpload` tells of one that may be left
   * all the same.
   *
   * Metadata, content type and tags come from the first source, unless the options name others, as
   * in `copyObject`; without `sse` it is encrypted like the source that is encrypted best, as a copy
   * in parts is there. The target may be one of its own sources.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param sources 1 to 10,000, in order; all but the last of at least 5 MiB each. Those of more
   *   than `partSize` are cut, so that there may be fewer
   * @param options what the object shall have of its own; `partSize` in bytes, `concurrency` in
   *   requests
   * @throws InvalidArgumentError also for sources that are too small, or have fewer bytes than is
   *   asked of them; their sizes are asked for before anything is changed
   * @throws S3Error `NoSuchKey`; `PreconditionFailed` under `conditions`, or when a source is
   *   replaced meanwhile
   * @throws IntegrityError when that happens at a store that does not heed conditions
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function concatenate(client: Client): Promise<string> {
   *   const { etag } = await client.composeObject('logs', 'week.log', [
   *     { bucket: 'logs', object: 'monday.log', offset: 512 },
   *     { bucket: 'logs', object: 'tuesday.log' },
   *   ])
   *   return etag
   * }
   * ```
   */
  async composeObject(
    bucket: string,
    object: string,
    sources: readonly ComposeSource[],
    options: ComposeObjectOptions = {},
  ): Promise<PutResult> {
    checkCall(options)
    return composeObject(this.#parts.pipeline, bucket, object, sources, options)
  }

  /**
   * Lists objects through version 1 of S3's listing, for stores without version 2. Otherwise
   * like `listObjectsV2`.
   *
   * @param bucket the name of the bucket
   * @param options as of `listObjectsV2`, without `includeUserMetadata` and `fetchOwner`
   * @throws S3Error `NoSuchBucket`, from reading the list
   */
  listObjects<Versions extends boolean = false>(
    bucket: string,
    options: ListObjectsOptions<Versions> = {},
  ): Listing<Listed<Versions>> {
    checkCall(options)
    return this.#list(listAnyObjects(bucket, options, listObjects), options)
  }

  /**
   * Lists objects through version 2 of S3's listing. Without `recursive`, what lies behind a
   * further `/` comes as one entry with `isPrefix`. With `includeVersions`, lists every version
   * and delete marker instead, in the store's order. Read the listing with `for await`, or whole with
   * `toArray()`: to `await` it asks for nothing.
   *
   * @param bucket the name of the bucket
   * @param options `prefix`, `startAfter`, `recursive`, versions, metadata; `pageSize` in entries
   * @throws S3Error `NoSuchBucket`, from reading the list
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function history(client: Client): Promise<void> {
   *   for await (const entry of client.listObjectsV2('photos', { includeVersions: true })) {
   *     if (!entry.isPrefix) console.log(entry.object, entry.versionId, entry.isDeleteMarker)
   *   }
   * }
   * ```
   */
  listObjectsV2<Versions extends boolean = false>(
    bucket: string,
    options: ListObjectsV2Options<Versions> = {},
  ): Listing<Listed<Versions>> {
    checkCall(options)
    return this.#list(listAnyObjects(bucket, options, listObjectsV2), options)
  }

  /**
   * Lists uploads in parts that were begun and neither completed nor aborted, each with the size
   * of what has arrived, which takes at least one more request for each.
   *
   * @param bucket the name of the bucket
   * @param options `prefix` and `recursive`; `pageSize` in uploads
   * @throws S3Error `NoSuchBucket`, from reading the list
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function print(client: Client): Promise<void> {
   *   for await (const upload of client.listIncompleteUploads('backups', { recursive: true })) {
   *     if (!upload.isPrefix) console.log(upload.object, upload.initiated, upload.sizeBytes)
   *   }
   * }
   * ```
   */
  listIncompleteUploads(
    bucket: string,
    options: ListIncompleteUploadsOptions = {},
  ): Listing<IncompleteUploadEntry> {
    checkCall(options)
    return listIncompleteUploads(this.#send, bucket, options)
  }

  /**
   * Aborts all incomplete uploads of exactly this key; that there is none is no error.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @throws S3Error `NoSuchBucket`
   */
  async removeIncompleteUpload(
    bucket: string,
    object: string,
    options: CallOptions = {},
  ): Promise<void> {
    checkCall(options)
    return removeIncompleteUpload(this.#send, bucket, object, options)
  }

  /**
   * Turns versioning on; what MinIO's exclusions say stays, unless the options name it.
   *
   * @param bucket the name of the bucket
   * @param options MinIO's exclusions; those not named stay as they are
   * @throws S3Error `NoSuchBucket`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function keep(client: Client): Promise<void> {
   *   await client.enableBucketVersioning('photos')
   * }
   * ```
   */
  async enableBucketVersioning(
    bucket: string,
    options: EnableVersioningOptions = {},
  ): Promise<void> {
    checkCall(options)
    return enableBucketVersioning(this.#send, bucket, options)
  }

  /**
   * Suspends versioning: versions stay, new ones are no longer made. MinIO's exclusions end.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `InvalidBucketState` for a bucket with object lock
   */
  async disableBucketVersioning(bucket: string, options: CallOptions = {}): Promise<void> {
    return this.#send(putBucketVersioning(bucket, suspended), options)
  }

  /**
   * Asks whether a bucket keeps versions; its `status` is undefined where it never did.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async getBucketVersioning(bucket: string, options: CallOptions = {}): Promise<BucketVersioning> {
    return this.#send(getBucketVersioning(bucket), options)
  }

  /**
   * The bucket's policy: JSON, exactly as the store has it.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucketPolicy` where there is none
   */
  async getBucketPolicy(bucket: string, options: CallOptions = {}): Promise<string> {
    return this.#send(getBucketPolicy(bucket), options)
  }

  /**
   * Sets the bucket's policy. What is no JSON is refused before it is sent.
   *
   * @param bucket the name of the bucket
   * @param policy the JSON text, which is sent as it is, or an object
   * @throws S3Error `MalformedPolicy`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function publish(client: Client): Promise<void> {
   *   await client.setBucketPolicy('photos', {
   *     Version: '2012-10-17',
   *     Statement: {
   *       Effect: 'Allow',
   *       Principal: '*',
   *       Action: 's3:GetObject',
   *       Resource: 'arn:aws:s3:::photos/public/*',
   *     },
   *   })
   * }
   * ```
   */
  async setBucketPolicy(
    bucket: string,
    policy: string | Uint8Array | BucketPolicy,
    options: CallOptions = {},
  ): Promise<void> {
    return this.#send(setBucketPolicy(bucket, policy), options)
  }

  /**
   * Removes the bucket's policy; that there is none is no error.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async deleteBucketPolicy(bucket: string, options: CallOptions = {}): Promise<void> {
    return this.#send(deleteBucketPolicy(bucket), options)
  }

  /**
   * What the bucket tells to whom. `setBucketNotification` takes it back as it is.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async getBucketNotification(
    bucket: string,
    options: CallOptions = {},
  ): Promise<NotificationConfiguration> {
    return this.#send(getBucketNotification(bucket), options)
  }

  /**
   * Replaces what the bucket tells to whom; an empty configuration removes all.
   *
   * @param bucket the name of the bucket
   * @param config rules for topics, queues and functions: events, ARN, prefix and suffix of keys
   * @throws S3Error `InvalidArgument` when the store does not know a target
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function watch(client: Client): Promise<void> {
   *   const arn = 'arn:minio:sqs::1:webhook'
   *   await client.setBucketNotification('photos', {
   *     queues: [{ arn, events: ['s3:ObjectCreated:*'], filter: { suffix: '.jpg' } }],
   *   })
   * }
   * ```
   */
  async setBucketNotification(
    bucket: string,
    config: NotificationConfig,
    options: CallOptions = {},
  ): Promise<void> {
    return this.#send(setBucketNotification(bucket, config), options)
  }

  /**
   * Ends all notifications of the bucket.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async removeAllBucketNotification(bucket: string, options: CallOptions = {}): Promise<void> {
    return this.#send(setBucketNotification(bucket, {}), options)
  }

  /**
   * How the bucket encrypts objects whose upload does not say.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `ServerSideEncryptionConfigurationNotFoundError` where nothing is set
   */
  async getBucketEncryption(bucket: string, options: CallOptions = {}): Promise<BucketEncryption> {
    return this.#send(getBucketEncryption(bucket), options)
  }

  /**
   * Sets how the bucket encrypts objects whose upload does not say.
   *
   * @param bucket the name of the bucket
   * @param encryption the algorithm, and for `aws:kms` the key
   * @throws S3Error `NoSuchBucket`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function seal(client: Client): Promise<void> {
   *   await client.putBucketEncryption('photos', { algorithm: 'aws:kms', kmsKeyId: 'my-key' })
   * }
   * ```
   */
  async putBucketEncryption(
    bucket: string,
    encryption: BucketEncryption,
    options: CallOptions = {},
  ): Promise<void> {
    return this.#send(putBucketEncryption(bucket, encryption), options)
  }

  /**
   * Back to the store's own encryption; that nothing is set is no error.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async deleteBucketEncryption(bucket: string, options: CallOptions = {}): Promise<void> {
    return this.#send(deleteBucketEncryption(bucket), options)
  }

  /**
   * The bucket's tags; none is an empty object.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async getBucketTags(bucket: string, options: CallOptions = {}): Promise<Tags> {
    return this.#send(getBucketTags(bucket), options)
  }

  /**
   * Replaces the bucket's tags, at most 50.
   *
   * @param bucket the name of the bucket
   * @param tags keys of 1 to 128 characters, values of up to 256
   * @throws S3Error `NoSuchBucket`
   */
  async setBucketTags(bucket: string, tags: Tags, options: CallOptions = {}): Promise<void> {
    return this.#send(setBucketTags(bucket, tags), options)
  }

  /**
   * Removes all tags of the bucket.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async deleteBucketTags(bucket: string, options: CallOptions = {}): Promise<void> {
    return this.#send(deleteBucketTags(bucket), options)
  }

  /**
   * The object's tags; none is an empty object.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `versionId`: of which version; default the latest
   * @throws S3Error `NoSuchKey` or `NoSuchVersion`
   */
  async getObjectTags(
    bucket: string,
    object: string,
    options: ObjectVersionOptions = {},
  ): Promise<Tags> {
    checkCall(options)
    return this.#send(getObjectTags(bucket, object, options), options)
  }

  /**
   * Replaces the object's tags, at most 10.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param tags keys of 1 to 128 characters, values of up to 256
   * @param options `versionId`: of which version; default the latest
   * @throws S3Error `NoSuchKey` or `NoSuchVersion`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function file(client: Client): Promise<void> {
   *   await client.setObjectTags('photos', 'a.jpg', { year: '2026' })
   * }
   * ```
   */
  async setObjectTags(
    bucket: string,
    object: string,
    tags: Tags,
    options: ObjectVersionOptions = {},
  ): Promise<void> {
    checkCall(options)
    return this.#send(setObjectTags(bucket, object, tags, options), options)
  }

  /**
   * Removes all tags of the object.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `versionId`: of which version; default the latest
   * @throws S3Error `NoSuchKey` or `NoSuchVersion`
   */
  async deleteObjectTags(
    bucket: string,
    object: string,
    options: ObjectVersionOptions = {},
  ): Promise<void> {
    checkCall(options)
    return this.#send(deleteObjectTags(bucket, object, options), options)
  }

  /**
   * How long new objects of the bucket cannot be removed; empty where the bucket only can.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `ObjectLockConfigurationNotFoundError` for a bucket without object lock
   */
  async getObjectLockConfig(bucket: string, options: CallOptions = {}): Promise<ObjectLockConfig> {
    return this.#send(getObjectLockConfig(bucket), options)
  }

  /**
   * Sets how long new objects of the bucket cannot be removed; `{}` ends that for further ones.
   *
   * @param bucket the name of the bucket
   * @param config `mode`, and either `days` (1 to 36,500) or `years` (1 to 100)
   * @throws S3Error `InvalidBucketState` for a bucket without object lock
   */
  async setObjectLockConfig(
    bucket: string,
    config: ObjectLockConfig,
    options: CallOptions = {},
  ): Promise<void> {
    return this.#send(setObjectLockConfig(bucket, config), options)
  }

  /**
   * Until when an object cannot be removed; undefined where it can.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `versionId`: of which version; default the latest
   * @throws S3Error `NoSuchKey` or `NoSuchVersion`
   */
  async getObjectRetention(
    bucket: string,
    object: string,
    options: ObjectVersionOptions = {},
  ): Promise<ObjectRetention | undefined> {
    checkCall(options)
    return this.#send(getObjectRetention(bucket, object, options), options)
  }

  /**
   * Sets until when an object cannot be removed.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param retention `mode`, and the date until which
   * @param options `versionId`; `bypassGovernance` to shorten a retention under governance
   * @throws S3Error `AccessDenied` when that would shorten what holds
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function keep(client: Client): Promise<void> {
   *   const retainUntilDate = new Date(Date.now() + 30 * 24 * 3600 * 1000)
   *   await client.setObjectRetention('books', '2026.csv', { mode: 'GOVERNANCE', retainUntilDate })
   * }
   * ```
   */
  async setObjectRetention(
    bucket: string,
    object: string,
    retention: ObjectRetention,
    options: SetObjectRetentionOptions = {},
  ): Promise<void> {
    checkCall(options)
    return this.#send(setObjectRetention(bucket, object, retention, options), options)
  }

  /**
   * Ends a retention under governance; takes `bypassGovernance` while it lasts.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `versionId`, `bypassGovernance`
   * @throws S3Error `MalformedXML` from Ceph, which cannot
   */
  async clearObjectRetention(
    bucket: string,
    object: string,
    options: SetObjectRetentionOptions = {},
  ): Promise<void> {
    checkCall(options)
    return this.#send(putObjectRetention(bucket, object, undefined, options), options)
  }

  /**
   * Whether a legal hold keeps an object from being removed.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `versionId`: of which version; default the latest
   * @throws S3Error `NoSuchKey` or `NoSuchVersion`
   */
  async getObjectLegalHold(
    bucket: string,
    object: string,
    options: ObjectVersionOptions = {},
  ): Promise<boolean> {
    checkCall(options)
    return this.#send(getObjectLegalHold(bucket, object, options), options)
  }

  /**
   * Lays a legal hold on an object, or lifts it.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param on true to lay it, false to lift it
   * @param options `versionId`: of which version; default the latest
   * @throws S3Error `InvalidRequest` for a bucket without object lock
   */
  async setObjectLegalHold(
    bucket: string,
    object: string,
    on: boolean,
    options: ObjectVersionOptions = {},
  ): Promise<void> {
    checkCall(options)
    return this.#send(setObjectLegalHold(bucket, object, on, options), options)
  }

  /**
   * The rules by which the store itself removes and moves objects.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchLifecycleConfiguration` where there are none
   */
  async getBucketLifecycle(
    bucket: string,
    options: CallOptions = {},
  ): Promise<readonly LifecycleRule[]> {
    return this.#send(getBucketLifecycle(bucket), options)
  }

  /**
   * Replaces the rules by which the store itself removes and moves objects.
   *
   * @param bucket the name of the bucket
   * @param rules 1 to 1000; ages in days
   * @throws S3Error `MalformedXML` for rules that contradict themselves
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function expire(client: Client): Promise<void> {
   *   await client.setBucketLifecycle('photos', [
   *     { id: 'drafts', status: 'Enabled', filter: { prefix: 'drafts/' }, expiration: { days: 7 } },
   *   ])
   * }
   * ```
   */
  async setBucketLifecycle(
    bucket: string,
    rules: readonly LifecycleRule[],
    options: CallOptions = {},
  ): Promise<void> {
    return this.#send(setBucketLifecycle(bucket, rules), options)
  }

  /**
   * Removes the lifecycle; that there is none is no error.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async deleteBucketLifecycle(bucket: string, options: CallOptions = {}): Promise<void> {
    return this.#send(deleteBucketLifecycle(bucket), options)
  }

  /**
   * Which pages of other sites may use the bucket.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchCORSConfiguration` where nothing is set
   */
  async getBucketCors(bucket: string, options: CallOptions = {}): Promise<readonly CorsRule[]> {
    return this.#send(getBucketCors(bucket), options)
  }

  /**
   * Replaces which pages of other sites may use the bucket.
   *
   * @param bucket the name of the bucket
   * @param rules 1 to 100; `maxAgeSeconds` in seconds
   * @throws S3Error `NoSuchBucket`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function open(client: Client): Promise<void> {
   *   const rule = { allowedOrigins: ['https://example.com'], allowedMethods: ['GET'], maxAgeSeconds: 600 }
   *   await client.setBucketCors('photos', [rule])
   * }
   * ```
   */
  async setBucketCors(
    bucket: string,
    rules: readonly CorsRule[],
    options: CallOptions = {},
  ): Promise<void> {
    return this.#send(setBucketCors(bucket, rules), options)
  }

  /**
   * Lets no page of another site use the bucket; that nothing is set is no error.
   *
   * @param bucket the name of the bucket
   * @throws S3Error `NoSuchBucket`
   */
  async deleteBucketCors(bucket: string, options: CallOptions = {}): Promise<void> {
    return this.#send(deleteBucketCors(bucket), options)
  }

  /**
   * Asks for what an SQL expression finds in an object, instead of for all of it. `timeout` covers
   * the time until the head of the answer; `signal` ends the result as well.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `expression`, `input` and `output`; `scanRange` in bytes; customer key
   * @throws S3Error such as `InvalidQuery`; also later from the reader, when a record is wrong
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function adults(client: Client): Promise<unknown[]> {
   *   const result = await client.selectObjectContent('people', 'all.json', {
   *     expression: 'SELECT s.name FROM S3Object s WHERE s.age >= 18',
   *     input: { json: { type: 'LINES' } },
   *     output: { json: {} },
   *   })
   *   const found: unknown[] = []
   *   for await (const record of result.records()) found.push(record)
   *   return found
   * }
   * ```
   */
  async selectObjectContent(
    bucket: string,
    object: string,
    options: SelectOptions,
  ): Promise<SelectReader> {
    checkCall(options)
    return this.#parts.pipeline.sendStream(selectObjectContent(bucket, object, options), options)
  }

  /**
   * Listens to what happens in a bucket: a call of MinIO's own. Nothing is sent before the first
   * event is asked for; leaving the loop, or the signal, closes the connection at once.
   *
   * A lost connection is made anew, with growing pauses, for as long as that may help. What
   * happened in between is lost, and may have been told twice: an event of the type `reconnected`
   * says so, for you to list what you missed.
   *
   * @param bucket the name of the bucket
   * @param options `prefix`, `suffix`, `events`; `idleTimeoutMs`, after which silence is a lost
   *   connection
   * @throws NotSupportedError from the loop, on AWS and other stores that cannot do this
   * @throws S3Error from the loop, such as `InvalidArgument` for an event that does not exist
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function watch(client: Client, signal: AbortSignal): Promise<void> {
   *   const options = { prefix: 'in/', events: ['s3:ObjectCreated:*'], signal } as const
   *   for await (const event of client.listenBucketNotification('photos', options)) {
   *     if (event.type === 'event') console.log(event.eventName, event.object)
   *     else console.log('events may be missing')
   *   }
   * }
   * ```
   */
  listenBucketNotification(
    bucket: string,
    options: ListenOptions = {},
  ): AsyncIterable<NotificationEvent> {
    checkCall(options)
    checkListen(bucket, options)
    return listen(this.#parts, bucket, options)
  }

  /**
   * A URL with which anybody can read the object for a while. No request is made for it, unless the
   * bucket's region must be asked of AWS.
   *
   * Keys with a segment `.` or `..` make URLs that browsers, `fetch` and whatever else follows
   * WHATWG's rules would rewrite to another key; send those with something that does not.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `expirySeconds`: 1 to 604,800, the default; headers of the answer; version
   * @throws InvalidArgumentError for an anonymous client, whose URLs would be no secret
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
    checkCall(options)
    return this.#parts.presigner.url(presignedGetObject(bucket, object, options), options)
  }

  /**
   * A URL with which anybody can write the object for a while, by PUT. Headers that are signed must
   * be sent with it; the content itself is free.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `expirySeconds`: 1 to 604,800, the default; `headers` to sign
   * @throws InvalidArgumentError for an anonymous client
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function invite(client: Client): Promise<string> {
   *   const headers = { 'content-type': 'image/jpeg' }
   *   return client.presignedPutObject('photos', 'guest.jpg', { expirySeconds: 600, headers })
   * }
   * ```
   */
  async presignedPutObject(
    bucket: string,
    object: string,
    options: PresignedPutOptions = {},
  ): Promise<string> {
    checkCall(options)
    return this.#parts.presigner.url(presignedPutObject(bucket, object, options), options)
  }

  /**
   * A URL for any method, on an object or on a bucket. What else the request needs goes into
   * `extraQueryParams` and `headers`, and is signed.
   *
   * @param method `GET`, `HEAD`, `PUT`, `POST` or `DELETE`
   * @param bucket the name of the bucket
   * @param object the key; without it the URL is one for the bucket
   * @param options `expirySeconds`: 1 to 604,800, the default; what is to be signed
   * @throws InvalidArgumentError for an anonymous client
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function tagsUrl(client: Client): Promise<string> {
   *   return client.presignedUrl('GET', 'photos', 'a.txt', { extraQueryParams: { tagging: '' } })
   * }
   * ```
   */
  async presignedUrl(
    method: Method,
    bucket: string,
    object?: string,
    options: PresignedUrlOptions = {},
  ): Promise<string> {
    checkCall(options)
    return this.#parts.presigner.url(presigned(method, bucket, object, options), options)
  }

  /**
   * Like `presignedUrl`, together with the headers that the request must send.
   *
   * @param method `GET`, `HEAD`, `PUT`, `POST` or `DELETE`
   * @param bucket the name of the bucket
   * @param object the key; without it the URL is one for the bucket
   * @param options as of `presignedUrl`
   * @throws InvalidArgumentError for an anonymous client
   * @example
   * ```ts
   * import { Client, type SseCustomerKey } from 'stowage'
   *
   * async function read(client: Client, sse: SseCustomerKey): Promise<Response> {
   *   const request = await client.presignedRequest('GET', 'photos', 'secret.txt', { sse })
   *   return fetch(request.url, { method: request.method, headers: request.headers })
   * }
   * ```
   */
  async presignedRequest(
    method: Method,
    bucket: string,
    object?: string,
    options: PresignedUrlOptions = {},
  ): Promise<PresignedRequest> {
    checkCall(options)
    return this.#parts.presigner.request(presigned(method, bucket, object, options), options)
  }

  /**
   * A URL with which anybody can upload one part of a multipart upload, by PUT: for browsers that
   * upload in parts. The ETag of each answer is needed to complete the upload, and a page of another
   * site sees it only where the bucket's CORS rules expose `ETag`.
   *
   * The upload begins and ends with requests of your own, which `presignedRequest` signs: `POST` with
   * `uploads`, whose answer names the upload id, and `POST` with `uploadId`, whose body lists the
   * parts in XML. `removeIncompleteUpload` aborts one that does not end.
   *
   * @param bucket the name of the bucket
   * @param object the key, 1 to 1024 bytes in UTF-8, which travels as it is
   * @param options `uploadId`; `partNumber`: 1 to 10,000; `expirySeconds`: 1 to 604,800, the
   *   default
   * @throws InvalidArgumentError for an anonymous client
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * async function invite(client: Client, parts: number): Promise<string[]> {
   *   const extraQueryParams = { uploads: '' }
   *   const { url, method } = await client.presignedRequest('POST', 'uploads', 'film.mp4', {
   *     extraQueryParams,
   *   })
   *   const answer = await (await fetch(url, { method })).text()
   *   const [, uploadId = ''] = /<UploadId>([^<]+)</.exec(answer) ?? []
   *   const numbers = Array.from({ length: parts }, (_, index) => index + 1)
   *   return Promise.all(
   *     numbers.map((partNumber) =>
   *       client.presignedUploadPart('uploads', 'film.mp4', { uploadId, partNumber }),
   *     ),
   *   )
   * }
   * ```
   */
  async presignedUploadPart(
    bucket: string,
    object: string,
    options: PresignedUploadPartOptions,
  ): Promise<string> {
    checkCall(options)
    return this.#parts.presigner.url(presignedUploadPart(bucket, object, options), options)
  }

  /**
   * A form with which anybody can upload by POST what a policy allows, such as a browser.
   *
   * @param policy bucket, key or its beginning, expiry, and what else the form must fulfil
   * @param options `requestDate`: from when; default now
   * @throws InvalidArgumentError when the policy lacks bucket, key or expiry, or expires later than
   *   in seven days
   * @example
   * ```ts
   * import { Client, PostPolicy } from 'stowage'
   *
   * async function upload(client: Client, file: Blob): Promise<Response> {
   *   const policy = new PostPolicy()
   *     .setBucket('photos')
   *     .setKey('a.jpg')
   *     .setExpires(new Date(Date.now() + 3600 * 1000))
   *   const { url, fields } = await client.presignedPostPolicy(policy)
   *   const form = new FormData()
   *   for (const [name, value] of Object.entries(fields)) form.append(name, value)
   *   form.append('file', file)
   *   return fetch(url, { method: 'POST', body: form })
   * }
   * ```
   */
  async presignedPostPolicy(
    policy: PostPolicy,
    options: PresignPostOptions = {},
  ): Promise<PresignedPost> {
    checkCall(options)
    return this.#parts.presigner.postPolicy(policy, options)
  }

  /**
   * Writes requests and the heads of answers to a stream, from the next call on and until
   * `traceOff`. Keys, signatures, tokens and customer keys are masked, and bodies are not shown. A
   * slow stream does not hold requests up.
   *
   * @param stream `process.stderr`, or anything else with `write`
   * @example
   * ```ts
   * import { Client } from 'stowage'
   *
   * function debug(client: Client): void {
   *   client.traceTo(process.stderr)
   * }
   * ```
   */
  traceTo(stream: TraceSink): void {
    this.#parts.observers.traceTo(stream)
  }

  /** Ends the trace; the hooks of the options go on. */
  traceOff(): void {
    this.#parts.observers.traceOff()
  }

  /** Frees the connections; calls under way are cut off. A dispatcher of yours stays open. */
  async close(): Promise<void> {
    await this.#parts.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #list<T>(request: PagedRequest<T>, options: CallOptions): Listing<T> {
    return Listing.of(request.operation, pageFetcher(this.#send, request, options))
  }
}
