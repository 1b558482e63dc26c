import type {
  CorsConfiguration,
  EncryptionConfiguration,
  NotificationConfiguration,
  Tagging,
  VersioningConfiguration,
} from '@stowage/protocol'

import type { Database, Write } from './database.ts'
import { configurationName, configurationRange } from './key-space.ts'
import type { KeyedLocks } from './keyed-locks.ts'
import { decodeRecord, encodeRecord } from './records.ts'

/** How long the versions of a bucket with object lock are kept when the upload does not say. */
export interface DefaultRetention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE'
  /** Either days or years. */
  readonly days?: number | undefined
  readonly years?: number | undefined
}

/** A bucket has this document exactly when object lock is enabled for it. */
export interface BucketLock {
  readonly defaultRetention?: DefaultRetention | undefined
}

/** A policy as it was put, byte for byte; it was found to be one. */
export interface PolicySource {
  readonly source: string
}

/**
 * The documents that a bucket may have. A new kind is a line here and one in `kinds`. Documents are
 * kept as JSON: no `Date`, no `Map`, and `undefined` properties vanish.
 */
export interface BucketDocuments {
  readonly versioning: VersioningConfiguration
  readonly tagging: Tagging
  readonly objectLock: BucketLock
  readonly policy: PolicySource
  readonly cors: CorsConfiguration
  readonly encryption: EncryptionConfiguration
  readonly notification: NotificationConfiguration
}

export type ConfigurationKind = keyof BucketDocuments

/** The records are named after the kinds, so a kind keeps its name for ever. */
const kinds: Readonly<Record<ConfigurationKind, true>> = {
  versioning: true,
  tagging: true,
  objectLock: true,
  policy: true,
  cors: true,
  encryption: true,
  notification: true,
}

/** Some documents of one bucket. */
export type BucketDocumentSet = { [Kind in ConfigurationKind]?: BucketDocuments[Kind] | undefined }

/**
 * The configurations of buckets: named documents, all of them in memory beside their records,
 * because requests ask for them. They are changed under the exclusive lock of the bucket, so that a
 * write to the bucket happens either before a change or behind it.
 */
export class BucketConfigurations {
  readonly #database: Database
  readonly #locks: KeyedLocks
  readonly #requireBucket: (bucket: string) => void
  readonly #buckets = new Map<string, BucketDocumentSet>()

  /** @param requireBucket throws when the bucket does not exist; called under its lock */
  constructor(database: Database, locks: KeyedLocks, requireBucket: (bucket: string) => void) {
    this.#database = database
    this.#locks = locks
    this.#requireBucket = requireBucket
  }

  /** @throws DamagedRecordError: a rule that cannot be read must not count as none */
  async load(): Promise<void> {
    for await (const [name, record] of this.#database.entries(configurationRange())) {
      const [, bucket = '', kind = ''] = name.split('\0')
      if (!isKind(kind)) throw new Error(`the bucket ${bucket} has an unknown document ${kind}`)
      this.#remember(bucket, kind, decodeRecord(name, record))
    }
  }

  find<Kind extends ConfigurationKind>(
    bucket: string,
    kind: Kind,
  ): BucketDocuments[Kind] | undefined {
    return this.#buckets.get(bucket)?.[kind]
  }

  /** @throws S3Failure NoSuchBucket */
  set<Kind extends ConfigurationKind>(
    bucket: string,
    kind: Kind,
    document: BucketDocuments[Kind],
  ): Promise<void> {
    return this.change(bucket, kind, () => document)
  }

  /** @throws S3Failure NoSuchBucket */
  remove(bucket: string, kind: ConfigurationKind): Promise<void> {
    return this.change(bucket, kind, () => undefined)
  }

  /**
   * Sets the document to what `decide` makes of the present one; undefined removes it.
   * @throws S3Failure NoSuchBucket, and what `decide` throws
   */
  change<Kind extends ConfigurationKind>(
    bucket: string,
    kind: Kind,
    decide: (current: BucketDocuments[Kind] | undefined) => BucketDocuments[Kind] | undefined,
  ): Promise<void> {
    return this.#locks.exclusive(bucket, async () => {
      this.#requireBucket(bucket)
      const document = decide(this.find(bucket, kind))
      await this.#database.commit([writeOf(bucket, kind, document)])
      this.#remember(bucket, kind, document)
    })
  }

  /** Writes for the batch that makes a bucket with these documents; `adopt` goes behind it. */
  creationWrites(bucket: string, documents: BucketDocumentSet): readonly Write[] {
    return kindsOf(documents).map((kind) => writeOf(bucket, kind, documents[kind]))
  }

  adopt(bucket: string, documents: BucketDocumentSet): void {
    this.#buckets.set(bucket, { ...documents })
  }

  /** Writes for the batch that removes a bucket; `forget` goes behind it. */
  removalWrites(bucket: string): readonly Write[] {
    const documents = this.#buckets.get(bucket) ?? {}
    return kindsOf(documents).map((kind) => writeOf(bucket, kind, undefined))
  }

  forget(bucket: string): void {
    this.#buckets.delete(bucket)
  }

  #remember<Kind extends ConfigurationKind>(
    bucket: string,
    kind: Kind,
    document: BucketDocuments[Kind] | undefined,
  ): void {
    this.#buckets.set(bucket, { ...this.#buckets.get(bucket), [kind]: document })
  }
}

function writeOf(bucket: string, kind: ConfigurationKind, document: object | undefined): Write {
  const key = configurationName(bucket, kind)
  return document === undefined
    ? { type: 'del', key }
    : { type: 'put', key, value: encodeRecord(key, document) }
}

function isKind(kind: string): kind is ConfigurationKind {
  return Object.hasOwn(kinds, kind)
}

function kindsOf(documents: BucketDocumentSet): readonly ConfigurationKind[] {
  return Object.keys(documents).filter((kind) => isKind(kind))
}
