import { S3Failure } from '../failure.ts'
import { contentBytes, type BlobStore, type Segment } from './blobs.ts'
import type { Buckets } from './buckets.ts'
import type { ByteRange, Database, Write } from './database.ts'
import {
  keyedPrefix,
  partName,
  partRange,
  partsOfKeyedName,
  uploadName,
  uploadRange,
} from './key-space.ts'
import type { KeyedLocks } from './keyed-locks.ts'
import type { HeaderValue, ObjectDraft, ObjectRecord } from './object-record.ts'
import type { Committed, ObjectContent, Objects, Precondition } from './objects.ts'
import { ascendingOrder, isOrderedId, orderedId } from './ordered-ids.ts'
import { decodeRecord, encodeRecord } from './records.ts'
import { behindAll, listRows, rangeFrom, type RowPage, type RowQuery } from './row-listing.ts'

/** What the one who begins an upload decides. */
export interface UploadDraft {
  readonly attributes: Pick<
    ObjectDraft,
    'headers' | 'metadata' | 'storageClass' | 'tagging' | 'lock' | 'encryption'
  >
  /** Such as `CRC32`; absent when no checksum was asked for. */
  readonly checksumAlgorithm?: string | undefined
  readonly checksumType?: 'COMPOSITE' | 'FULL_OBJECT' | undefined
}

/** A multipart upload under way. */
export interface UploadRecord extends UploadDraft {
  readonly uploadId: string
  readonly initiatedMs: number
}

export interface PartDraft {
  /** MD5 in hexadecimal. */
  readonly etag: string
  readonly checksums: readonly HeaderValue[]
}

export interface PartRecord extends PartDraft {
  readonly partNumber: number
  readonly sizeBytes: number
  readonly lastModifiedMs: number
  readonly segments: readonly Segment[]
}

/** Which upload: the id alone is not enough, so that it cannot be used for another key. */
export interface UploadAddress {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

/** What becomes of the parts. */
export interface Assembly {
  readonly draft: ObjectDraft
  /** The parts that make up the object, in order. */
  readonly parts: readonly PartRecord[]
}

export interface UploadQuery extends RowQuery {
  /** Of the uploads of `keyMarker` only those behind this id; absent: none of them. */
  readonly uploadIdMarker: string | undefined
}

export interface UploadsOptions {
  readonly database: Database
  readonly blobs: BlobStore
  readonly buckets: Buckets
  readonly objects: Objects
  readonly locks: KeyedLocks
  readonly nextSequence: () => number
  readonly newId: () => string
}

/**
 * Multipart uploads. Parts are immutable blobs that records name; completing an upload is one batch
 * that moves the names into the record of the object. Parts are committed under the shared lock of
 * the upload, its end under the exclusive one, so a part either belongs to the upload or is
 * refused. Locks are taken in the order upload, bucket, key.
 */
export class Uploads {
  readonly #options: UploadsOptions

  constructor(options: UploadsOptions) {
    this.#options = options
  }

  /** @throws S3Failure NoSuchBucket */
  begin(bucket: string, key: string, draft: UploadDraft, now: () => Date): Promise<UploadRecord> {
    const { locks, buckets, database, nextSequence, newId } = this.#options
    return locks.shared(bucket, async () => {
      buckets.get(bucket)
      const uploadId = orderedId(ascendingOrder(nextSequence()), newId())
      const record: UploadRecord = { ...draft, uploadId, initiatedMs: now().getTime() }
      const name = uploadName(bucket, key, uploadId)
      await database.commit([{ type: 'put', key: name, value: encodeRecord(name, record) }])
      return record
    })
  }

  /** @throws S3Failure NoSuchUpload */
  async get({ bucket, key, uploadId }: UploadAddress): Promise<UploadRecord> {
    const name = uploadName(bucket, key, uploadId)
    const bytes = isOrderedId(uploadId) ? await this.#options.database.get(name) : undefined
    if (bytes === undefined) {
      throw new S3Failure('NoSuchUpload', { extra: { UploadId: uploadId } })
    }
    return decodeRecord<UploadRecord>(name, bytes)
  }

  /**
   * Makes `content` a part; one of the same number is replaced. When it throws, the bytes are still
   * the caller's to discard.
   * @throws S3Failure NoSuchBucket, NoSuchUpload
   */
  putPart(
    address: UploadAddress,
    partNumber: number,
    draft: PartDraft,
    content: ObjectContent,
    now: () => Date,
  ): Promise<PartRecord> {
    const { bucket, uploadId } = address
    const { locks, buckets } = this.#options
    const name = partName(uploadId, partNumber)
    return locks.shared(lockOf(uploadId), () =>
      locks.shared(bucket, () =>
        locks.exclusive(lockOf(name), async () => {
          buckets.get(bucket)
          await this.get(address)
          const record: PartRecord = {
            ...draft,
            partNumber,
            sizeBytes: content.segments.reduce((sum, segment) => sum + contentBytes(segment), 0),
            lastModifiedMs: now().getTime(),
            segments: content.segments,
          }
          await this.#commitPart(name, record, content.writes)
          return record
        }),
      ),
    )
  }

  async #commitPart(name: string, record: PartRecord, writes: readonly Write[]): Promise<void> {
    const { database, blobs } = this.#options
    const before = await database.get(name)
    const dropped = before === undefined ? [] : decodeRecord<PartRecord>(name, before).segments
    const put: Write = { type: 'put', key: name, value: encodeRecord(name, record) }
    await database.commit([...writes, put, ...blobs.removalWrites(dropped)])
    if (dropped.length > 0) blobs.remove(dropped)
  }

  /** The parts behind a number, at most `limit` of them. */
  async parts(uploadId: string, after: number, limit: number): Promise<readonly PartRecord[]> {
    const { lt } = partRange(uploadId)
    const range = { gte: partName(uploadId, after + 1), lt }
    const found = await this.#options.database.first(range, limit)
    return found.map(([name, bytes]) => decodeRecord<PartRecord>(name, bytes))
  }

  /** One page of a bucket's uploads: by key, oldest first. */
  list(bucket: string, query: UploadQuery): Promise<RowPage<UploadRecord>> {
    const start = (prefix: string): string => keyedPrefix('u', bucket, prefix)
    return listRows(
      this.#options.database,
      [
        {
          range: listedRange(bucket, query),
          parse: (name) => {
            const { key, rest } = partsOfKeyedName(bucket, name)
            return { key, order: rest }
          },
          start,
        },
      ],
      query,
      ({ name, bytes }) => decodeRecord<UploadRecord>(name, bytes),
    )
  }

  /**
   * Makes the parts an object.
   * @param assemble chooses among the parts, or refuses by throwing
   * @throws S3Failure NoSuchBucket, NoSuchUpload, what `assemble` and the precondition throw
   */
  complete(
    address: UploadAddress,
    assemble: (upload: UploadRecord, parts: readonly PartRecord[]) => Assembly,
    now: () => Date,
    precondition: Precondition,
    committed?: Committed<ObjectRecord>,
  ): Promise<ObjectRecord> {
    const { bucket, key, uploadId } = address
    const { locks, objects } = this.#options
    return locks.exclusive(lockOf(uploadId), async () => {
      const upload = await this.get(address)
      const parts = await this.parts(uploadId, 0, maxParts)
      const assembly = assemble(upload, parts)
      const used = new Set(assembly.parts)
      const content: ObjectContent = {
        segments: assembly.parts.flatMap(({ segments }) => segments),
        writes: endOf(address, parts),
        drops: parts.filter((part) => !used.has(part)).flatMap(({ segments }) => segments),
      }
      const condition: Precondition = async (current) => {
        // The bucket may have been removed, and made again, since its uploads are no reason not to.
        await this.get(address)
        await precondition(current)
      }
      return objects.put(bucket, key, assembly.draft, content, now, condition, committed)
    })
  }

  /** @throws S3Failure NoSuchBucket, NoSuchUpload */
  abort(address: UploadAddress): Promise<void> {
    const { bucket, uploadId } = address
    const { locks, buckets, database, blobs } = this.#options
    return locks.exclusive(lockOf(uploadId), () =>
      locks.shared(bucket, async () => {
        buckets.get(bucket)
        await this.get(address)
        const parts = await this.parts(uploadId, 0, maxParts)
        const dropped = parts.flatMap(({ segments }) => segments)
        await database.commit([...endOf(address, parts), ...blobs.removalWrites(dropped)])
        if (dropped.length > 0) blobs.remove(dropped)
      }),
    )
  }

  /** What removes all uploads of a bucket, for the one who holds its exclusive lock. */
  async removalOf(
    bucket: string,
  ): Promise<{ writes: readonly Write[]; drops: readonly Segment[] }> {
    const writes: Write[] = []
    const drops: Segment[] = []
    for await (const [name] of this.#options.database.entries(uploadRange(bucket))) {
      const { key, rest: uploadId } = partsOfKeyedName(bucket, name)
      const parts = await this.parts(uploadId, 0, maxParts)
      writes.push(...endOf({ bucket, key, uploadId }, parts))
      drops.push(...parts.flatMap(({ segments }) => segments))
    }
    return { writes: [...writes, ...this.#options.blobs.removalWrites(drops)], drops }
  }
}

/** S3's limit. */
export const maxParts = 10_000

/** Names of buckets hold no NUL, so this is none of them. */
function lockOf(name: string): string {
  return `upload\0${name}`
}

function endOf({ bucket, key, uploadId }: UploadAddress, parts: readonly PartRecord[]): Write[] {
  const names = parts.map(({ partNumber }) => partName(uploadId, partNumber))
  return [uploadName(bucket, key, uploadId), ...names].map((name) => ({ type: 'del', key: name }))
}

function listedRange(
  bucket: string,
  { prefix, keyMarker, uploadIdMarker }: UploadQuery,
): ByteRange {
  const start = keyedPrefix('u', bucket, prefix)
  const first = Buffer.from(start)
  const marker = Buffer.from(
    uploadIdMarker === undefined
      ? uploadRange(bucket, keyMarker).lt
      : uploadName(bucket, keyMarker, uploadIdMarker),
  )
  const lt = behindAll(start)
  if (keyMarker === '' || Buffer.compare(marker, first) < 0) return rangeFrom(first, false, lt)
  return rangeFrom(marker, true, lt)
}
