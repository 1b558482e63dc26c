import { S3Failure } from '../failure.ts'
import {
  contentBytes,
  type BlobReader,
  type BlobStore,
  type PendingBlob,
  type Segment,
} from './blobs.ts'
import type { Buckets } from './buckets.ts'
import type { Database, Write } from './database.ts'
import { objectName } from './key-space.ts'
import type { ObjectEncryption } from './object-encryption.ts'
import type { KeyedLocks } from './keyed-locks.ts'
import { decodeRecord, encodeRecord } from './records.ts'

export type HeaderValue = readonly [name: string, value: string]

/** What the sender of an object decides. */
export interface ObjectDraft {
  /** Entity tag without quotes. */
  readonly etag: string
  /** Headers given back as they came: content-type, cache-control and the like. */
  readonly headers: readonly HeaderValue[]
  /** User metadata, names without `x-amz-meta-`. */
  readonly metadata: readonly HeaderValue[]
  readonly storageClass: string
  /** Checksums by header name, such as `x-amz-checksum-crc32`, in base64. */
  readonly checksums: readonly HeaderValue[]
  /** Tag set, as the query string that the header x-amz-tagging holds. */
  readonly tagging?: string | undefined
  /** Absent when the object is not encrypted. */
  readonly encryption?: ObjectEncryption | undefined
}

/** One version of an object. */
export interface ObjectRecord extends ObjectDraft {
  /** `null` until the bucket keeps versions. */
  readonly versionId: string
  /** Grows with every write of the store: the order of versions, whatever the clock does. */
  readonly sequence: number
  readonly lastModifiedMs: number
  readonly sizeBytes: number
  readonly segments: readonly Segment[]
}

/** Looks at what is stored when the lock is held; refuses by throwing an S3Failure. */
export type Precondition = (current: ObjectRecord | undefined) => void

export interface OpenedObject {
  readonly record: ObjectRecord
  readonly reader: BlobReader
}

export interface ObjectsOptions {
  readonly database: Database
  readonly blobs: BlobStore
  readonly buckets: Buckets
  readonly locks: KeyedLocks
  readonly nextSequence: () => number
}

/** A reader that loses the race against writers this often does not lose it by chance. */
const maxAttempts = 1000

/**
 * The objects. A write has its bytes in a blob before it comes here; what happens here is the
 * commit: under the lock of the key the precondition is checked and one atomic batch makes the
 * record name the new blob. The blob that it named before is removed behind.
 */
export class Objects {
  readonly #options: ObjectsOptions

  constructor(options: ObjectsOptions) {
    this.#options = options
  }

  async find(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    const name = objectName(bucket, key)
    const record = await this.#options.database.get(name)
    return record === undefined ? undefined : decodeRecord<ObjectRecord>(name, record)
  }

  /** The record together with its bytes, held until the reader is closed. */
  async open(bucket: string, key: string): Promise<OpenedObject | undefined> {
    const { blobs } = this.#options
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const { removals } = blobs
      const record = await this.find(bucket, key)
      if (record === undefined) return undefined
      const reader = await blobs.open(record.segments)
      if (reader === undefined) continue
      if (blobs.removals === removals) return { record, reader }
      // Something was removed since the record was read: this object, or another one?
      const again = await this.find(bucket, key)
      if (again?.sequence === record.sequence) return { record, reader }
      reader.close()
    }
    throw new Error('the bytes of an object are missing')
  }

  /**
   * Makes `blob` the object. When it throws, the blob is still the caller's to discard.
   * @throws S3Failure NoSuchBucket, or what the precondition throws
   */
  put(
    bucket: string,
    key: string,
    draft: ObjectDraft,
    blob: PendingBlob,
    now: () => Date,
    precondition: Precondition,
  ): Promise<ObjectRecord> {
    return this.#change(bucket, key, (current) => {
      precondition(current)
      const record: ObjectRecord = {
        ...draft,
        versionId: 'null',
        sequence: this.#options.nextSequence(),
        lastModifiedMs: now().getTime(),
        sizeBytes: contentBytes(blob.segment),
        segments: [blob.segment],
      }
      const name = objectName(bucket, key)
      const write: Write = { type: 'put', key: name, value: encodeRecord(name, record) }
      return { result: record, writes: [...blob.writes, write] }
    })
  }

  /**
   * Removes the object.
   * @returns what was removed
   * @throws S3Failure NoSuchBucket, or what the precondition throws
   */
  remove(
    bucket: string,
    key: string,
    precondition: Precondition,
  ): Promise<ObjectRecord | undefined> {
    return this.#change(bucket, key, (current) => {
      precondition(current)
      const writes: Write[] =
        current === undefined ? [] : [{ type: 'del', key: objectName(bucket, key) }]
      return { result: current, writes }
    })
  }

  #change<T>(
    bucket: string,
    key: string,
    decide: (current: ObjectRecord | undefined) => { result: T; writes: readonly Write[] },
  ): Promise<T> {
    const { locks, buckets, database, blobs } = this.#options
    return locks.shared(bucket, () =>
      locks.exclusive(`${bucket}/${key}`, async () => {
        buckets.get(bucket)
        const current = await this.find(bucket, key)
        const { result, writes } = decide(current)
        if (writes.length === 0) return result
        const dropped = current?.segments ?? []
        await database.commit([...writes, ...blobs.removalWrites(dropped)])
        blobs.remove(dropped)
        return result
      }),
    )
  }
}

/** @throws S3Failure NoSuchKey */
export function existing<T>(found: T | undefined, key: string): T {
  if (found === undefined) throw new S3Failure('NoSuchKey', { extra: { Key: key } })
  return found
}
