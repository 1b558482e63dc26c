import { randomBytes } from 'node:crypto'

import type { BlobStore } from './blobs.ts'
import type { BucketConfigurations } from './bucket-configurations.ts'
import { Buckets } from './buckets.ts'
import { openMemoryDatabase, type Database, type Write } from './database.ts'
import { numberName } from './key-space.ts'
import { KeyedLocks } from './keyed-locks.ts'
import { listObjects, type ListingPage, type ListingQuery } from './listing.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { Objects } from './objects.ts'
import { decodeRecord, encodeRecord } from './records.ts'
import type { RepairReport } from './repair/repair-report.ts'
import { removeBucket } from './remove-bucket.ts'
import type { RowPage } from './row-listing.ts'
import { Uploads } from './uploads.ts'
import { listVersions, type ListedVersion, type VersionQuery } from './version-listing.ts'

/** Everything that is kept: buckets, objects and the bytes of objects. */
export interface Store {
  readonly buckets: Buckets
  readonly configurations: BucketConfigurations
  readonly objects: Objects
  readonly uploads: Uploads
  readonly blobs: BlobStore
  /** Tells which master key the objects are sealed with. */
  readonly keyMark: KeyMark
  /** What a repair has done at the start. */
  readonly repaired?: RepairReport | undefined
  list(bucket: string, query: ListingQuery): Promise<ListingPage>
  listVersions(bucket: string, query: VersionQuery): Promise<RowPage<ListedVersion>>
  /** @throws S3Failure NoSuchBucket, BucketNotEmpty */
  removeBucket(bucket: string, options: { readonly withObjects: boolean }): Promise<void>
  close(): Promise<void>
}

/** A text that is kept beside the records. */
export interface KeyMark {
  /** Undefined when none has been written. */
  read(): Promise<string | undefined>
  write(mark: string): Promise<void>
}

export interface StoreOptions {
  /** Makes the random ids of blobs, unique for ever. */
  readonly newId?: (() => string) | undefined
}

/** A store that lives as long as the process. */
export async function openMemoryStore(options: StoreOptions = {}): Promise<Store> {
  const database = await openMemoryDatabase()
  return assembleStore(database, new MemoryBlobs(options.newId ?? randomId))
}

export async function assembleStore(database: Database, blobs: BlobStore): Promise<Store> {
  const locks = new KeyedLocks()
  const buckets = new Buckets(database, locks)
  await buckets.load()
  const nextSequence = await sequenceFor(database)
  const shared = { database, blobs, buckets, locks, nextSequence, newId: randomId }
  const objects = new Objects(shared)
  const uploads = new Uploads({ ...shared, objects })
  return {
    buckets,
    configurations: buckets.configurations,
    objects,
    uploads,
    blobs,
    keyMark: keyMarkIn(database),
    list: (bucket, query) => listObjects(database, bucket, query),
    listVersions: (bucket, query) => listVersions(database, bucket, query),
    removeBucket: (bucket, options) =>
      removeBucket({ database, blobs, buckets, uploads }, bucket, options),
    close: async () => {
      await blobs.close()
      await database.close()
    },
  }
}

function keyMarkIn(database: Database): KeyMark {
  const name = numberName('master-key')
  return {
    read: async () => {
      const record = await database.get(name)
      return record === undefined ? undefined : decodeRecord<{ value: string }>(name, record).value
    },
    write: (mark) =>
      database.commit([{ type: 'put', key: name, value: encodeRecord(name, { value: mark }) }]),
  }
}

/** 128 random bits in hexadecimal. */
export function randomId(): string {
  return randomBytes(16).toString('hex')
}

/** How many numbers one run of the server has; 2 million runs fit below 2^53. */
export const sequencePerStart: number = 2 ** 32

export const startsName: string = numberName('starts')

/** Says how many starts there have been. */
export function startsWrite(starts: number): Write {
  return { type: 'put', key: startsName, value: encodeRecord(startsName, { value: starts }) }
}

/** Numbers that grow over all runs, at the price of one write per start and none per request. */
async function sequenceFor(database: Database): Promise<() => number> {
  const record = await database.get(startsName)
  const starts =
    record === undefined ? 0 : decodeRecord<{ value: number }>(startsName, record).value + 1
  await database.commit([startsWrite(starts)])
  let next = starts * sequencePerStart
  return () => next++
}
