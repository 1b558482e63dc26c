import { S3Failure } from '../failure.ts'
import {
  contentBytes,
  DamagedBlobError,
  type BlobReader,
  type BlobStore,
  type Segment,
} from './blobs.ts'
import type { Buckets } from './buckets.ts'
import type { Database, Write } from './database.ts'
import { KeyVersions, nullVersionId } from './key-versions.ts'
import type { KeyedLocks } from './keyed-locks.ts'
import { refuseLocked } from './lock-state.ts'
import type { DeleteMarker, ObjectDraft, ObjectRecord, VersionRecord } from './object-record.ts'
import { descendingOrder, orderedId } from './ordered-ids.ts'
import { versioningMode, type VersioningMode } from './versioning-mode.ts'

/** Looks at what is stored when the lock is held; refuses by throwing an S3Failure. */
export type Precondition = (current: ObjectRecord | undefined) => void | Promise<void>

/**
 * Told of a change once it is committed, while the key is still locked: so what it does happens in
 * the order of the changes. It has to be quick and must not throw.
 */
export type Committed<Result> = (result: Result) => void

/** The bytes of a new version, safe, and what has to go into the batch that names them. */
export interface ObjectContent {
  readonly segments: readonly Segment[]
  readonly writes: readonly Write[]
  /** Bytes that the batch leaves without a name. */
  readonly drops?: readonly Segment[] | undefined
}

export interface OpenedObject {
  readonly record: ObjectRecord
  readonly reader: BlobReader
}

/** What a removal did. */
export interface Removal {
  /** The delete marker that was made, or the version that was removed. */
  readonly record: VersionRecord | undefined
  readonly madeMarker: boolean
}

export interface ObjectsOptions {
  readonly database: Database
  readonly blobs: BlobStore
  readonly buckets: Buckets
  readonly locks: KeyedLocks
  readonly nextSequence: () => number
  /** Makes 128 random bits in hexadecimal. */
  readonly newId: () => string
}

/** A reader that loses the race against writers this often does not lose it by chance. */
const maxAttempts = 1000

/**
 * The objects. A write has its bytes in a blob before it comes here; what happens here is the
 * commit: under the lock of the key the precondition is checked and one atomic batch makes the
 * record name the new blob. Blobs that no record names any more are removed behind.
 */
export class Objects {
  readonly #options: ObjectsOptions

  constructor(options: ObjectsOptions) {
    this.#options = options
  }

  /** The current version; undefined also where the latest version is a delete marker. */
  find(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    return this.#versions(bucket, key).current()
  }

  /** A version, or without an id the latest one, which may be a delete marker. */
  async findVersion(
    bucket: string,
    key: string,
    versionId: string | undefined,
  ): Promise<VersionRecord | undefined> {
    const versions = this.#versions(bucket, key)
    if (versionId !== undefined) return versions.find(versionId)
    return this.#mode(bucket, key) === 'off' ? versions.current() : versions.latest()
  }

  /**
   * A version together with its bytes, held until the reader is closed.
   * @throws DamagedBlobError
   */
  async open(
    bucket: string,
    key: string,
    versionId: string | undefined,
  ): Promise<OpenedObject | DeleteMarker | undefined> {
    const { blobs } = this.#options
    let missedBefore: number | undefined
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const { removals } = blobs
      const record = await this.findVersion(bucket, key, versionId)
      if (record === undefined || record.deleteMarker !== undefined) return record
      const reader = await blobs.open(record.segments)
      if ('missing' in reader) {
        // Blobs go together with the record that names them, and this one still does.
        const blob = reader.missing
        if (record.sequence === missedBefore) throw new DamagedBlobError('is missing', { blob })
        missedBefore = record.sequence
        continue
      }
      if (blobs.removals === removals) return { record, reader }
      // Something was removed since the record was read: this object, or another one?
      if (await this.#isStill(record, reader, () => this.findVersion(bucket, key, versionId))) {
        return { record, reader }
      }
    }
    throw new Error('an object changed all the time while it was opened')
  }

  /** Whether a version is still there; otherwise, and when nobody knows, its bytes are let go. */
  async #isStill(
    record: ObjectRecord,
    reader: BlobReader,
    find: () => Promise<VersionRecord | undefined>,
  ): Promise<boolean> {
    let isStill = false
    try {
      isStill = (await find())?.sequence === record.sequence
    } finally {
      if (!isStill) reader.close()
    }
    return isStill
  }

  /**
   * Makes `content` the current version. When it throws, the bytes are still the caller's to
   * discard.
   * @throws S3Failure NoSuchBucket, or what the precondition throws
   */
  put(
    bucket: string,
    key: string,
    draft: ObjectDraft,
    content: ObjectContent,
    now: () => Date,
    precondition: Precondition,
    committed: Committed<ObjectRecord> = nobody,
  ): Promise<ObjectRecord> {
    return this.#change(bucket, key, committed, async (versions) => {
      const current = await versions.current()
      await precondition(current)
      const mode = this.#mode(bucket, key)
      const record: ObjectRecord = {
        ...draft,
        ...this.#stamp(mode, now),
        sizeBytes: content.segments.reduce((sum, segment) => sum + contentBytes(segment), 0),
        segments: content.segments,
      }
      await this.#clearWay(versions, current, mode, record.lastModifiedMs)
      versions.makeCurrent(record)
      return { result: record, content }
    })
  }

  /**
   * Removes the object, or hides it behind a delete marker where the bucket keeps versions.
   * @throws S3Failure NoSuchBucket, or what the precondition throws
   */
  remove(
    bucket: string,
    key: string,
    now: () => Date,
    precondition: Precondition,
    committed: Committed<Removal> = nobody,
  ): Promise<Removal> {
    return this.#change<Removal>(bucket, key, committed, async (versions) => {
      const current = await versions.current()
      await precondition(current)
      const mode = this.#mode(bucket, key)
      const stamp = this.#stamp(mode, now)
      await this.#clearWay(versions, current, mode, stamp.lastModifiedMs)
      if (current !== undefined) versions.leaveCurrent()
      if (mode === 'off') return { result: { record: current, madeMarker: false } }
      const marker: DeleteMarker = { deleteMarker: true, ...stamp }
      versions.keepBehind(marker)
      return { result: { record: marker, madeMarker: true } }
    })
  }

  /**
   * Removes one version for ever; the next newest object takes its place.
   * @param precondition is asked with the version; refuses what is locked
   * @throws S3Failure NoSuchBucket, or what the precondition throws
   */
  removeVersion(
    bucket: string,
    key: string,
    versionId: string,
    precondition: (found: VersionRecord | undefined) => void,
    committed: Committed<Removal> = nobody,
  ): Promise<Removal> {
    return this.#change<Removal>(bucket, key, committed, async (versions) => {
      const record = await versions.find(versionId)
      precondition(record)
      if (record === undefined) return { result: { record, madeMarker: false } }
      const current = await versions.current()
      if (current?.sequence === record.sequence) versions.leaveCurrent()
      else versions.takeFromBehind(record)
      versions.drop(record)
      if (current === undefined || current.sequence === record.sequence) {
        await promoteNext(versions, record)
      }
      return { result: { record, madeMarker: false } }
    })
  }

  /**
   * Changes what a version says, not its bytes.
   * @param change makes the new record, or refuses by throwing
   * @throws S3Failure NoSuchBucket, or what `change` throws
   */
  update(
    bucket: string,
    key: string,
    versionId: string | undefined,
    change: (found: VersionRecord | undefined) => ObjectRecord,
    committed: Committed<ObjectRecord> = nobody,
  ): Promise<ObjectRecord> {
    return this.#change(bucket, key, committed, async (versions) => {
      const found = versionId === undefined ? versions.latest() : versions.find(versionId)
      const record = change(await found)
      versions.rewrite(record, await versions.current())
      return { result: record }
    })
  }

  /** Moves or drops what a new version, or a delete marker, takes the place of. */
  async #clearWay(
    versions: KeyVersions,
    current: ObjectRecord | undefined,
    mode: VersioningMode,
    nowMs: number,
  ): Promise<void> {
    if (current !== undefined && mode !== 'off') {
      if (mode === 'enabled' || current.versionId !== nullVersionId) versions.keepBehind(current)
    }
    if (mode === 'enabled') return
    const replaced =
      mode === 'off' || current?.versionId === nullVersionId
        ? current
        : await versions.find(nullVersionId)
    if (replaced === undefined) return
    refuseLocked(replaced, { nowMs, bypassesGovernance: false })
    if (replaced.sequence !== current?.sequence) versions.takeFromBehind(replaced)
    versions.drop(replaced)
  }

  #stamp(
    mode: VersioningMode,
    now: () => Date,
  ): Pick<ObjectRecord, 'versionId' | 'sequence' | 'lastModifiedMs'> {
    const sequence = this.#options.nextSequence()
    const versionId =
      mode === 'enabled'
        ? orderedId(descendingOrder(sequence), this.#options.newId())
        : nullVersionId
    return { versionId, sequence, lastModifiedMs: now().getTime() }
  }

  #mode(bucket: string, key: string): VersioningMode {
    return versioningMode(this.#options.buckets.configurations.find(bucket, 'versioning'), key)
  }

  #versions(bucket: string, key: string): KeyVersions {
    return new KeyVersions(this.#options.database, bucket, key)
  }

  #change<T>(
    bucket: string,
    key: string,
    committed: Committed<T>,
    decide: (
      versions: KeyVersions,
    ) => Promise<{ readonly result: T; readonly content?: ObjectContent | undefined }>,
  ): Promise<T> {
    const { locks, buckets, database, blobs } = this.#options
    return locks.shared(bucket, () =>
      locks.exclusive(`${bucket}/${key}`, async () => {
        buckets.get(bucket)
        const versions = this.#versions(bucket, key)
        const { result, content } = await decide(versions)
        const writes = [...versions.writes, ...(content?.writes ?? [])]
        const dropped = [...versions.dropped, ...(content?.drops ?? [])]
        if (writes.length > 0) {
          await database.commit([...writes, ...blobs.removalWrites(dropped)])
          if (dropped.length > 0) blobs.remove(dropped)
        }
        committed(result)
        return result
      }),
    )
  }
}

function nobody(): void {
  // Nobody asked to be told.
}

/** Makes the newest version behind `removed` the current one, unless it is a delete marker. */
async function promoteNext(versions: KeyVersions, removed: VersionRecord): Promise<void> {
  const candidates = await versions.older(2)
  const next = candidates.find(({ sequence }) => sequence !== removed.sequence)
  if (next === undefined || next.deleteMarker !== undefined) return
  versions.takeFromBehind(next)
  versions.makeCurrent(next)
}

/** @throws S3Failure NoSuchKey */
export function existing<T>(found: T | undefined, key: string): T {
  if (found === undefined) throw new S3Failure('NoSuchKey', { extra: { Key: key } })
  return found
}
