import { S3Failure } from '../failure.ts'
import { BucketConfigurations, type BucketDocumentSet } from './bucket-configurations.ts'
import type { Database, Write } from './database.ts'
import { bucketName, bucketRange } from './key-space.ts'
import type { KeyedLocks } from './keyed-locks.ts'
import { decodeRecord, encodeRecord } from './records.ts'

export interface BucketRecord {
  readonly createdMs: number
  readonly region: string
}

export interface NamedBucket extends BucketRecord {
  readonly name: string
}

/**
 * The buckets. They are few and asked for in every request, so all of them are kept in memory
 * beside their records; the records are written first.
 */
export class Buckets {
  readonly configurations: BucketConfigurations
  readonly #database: Database
  readonly #locks: KeyedLocks
  readonly #buckets = new Map<string, BucketRecord>()

  /** @param locks writers of a bucket's objects hold its name shared, a removal exclusively */
  constructor(database: Database, locks: KeyedLocks) {
    this.#database = database
    this.#locks = locks
    this.configurations = new BucketConfigurations(database, locks, (bucket) => this.get(bucket))
  }

  async load(): Promise<void> {
    for await (const [name, record] of this.#database.entries(bucketRange)) {
      this.#buckets.set(
        name.slice(bucketRange.gte.length),
        decodeRecord<BucketRecord>(name, record),
      )
    }
    await this.configurations.load()
  }

  find(bucket: string): BucketRecord | undefined {
    return this.#buckets.get(bucket)
  }

  /** @throws S3Failure NoSuchBucket */
  get(bucket: string): BucketRecord {
    const record = this.#buckets.get(bucket)
    if (record === undefined) {
      throw new S3Failure('NoSuchBucket', { extra: { BucketName: bucket } })
    }
    return record
  }

  /** All buckets by name, in byte order (names are ASCII). */
  list(): readonly NamedBucket[] {
    return [...this.#buckets]
      .map(([name, record]) => ({ name, ...record }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /**
   * @param documents the configuration that the bucket begins with
   * @throws S3Failure BucketAlreadyOwnedByYou
   */
  create(bucket: string, record: BucketRecord, documents: BucketDocumentSet = {}): Promise<void> {
    return this.#locks.exclusive(bucket, async () => {
      if (this.#buckets.has(bucket)) throw new S3Failure('BucketAlreadyOwnedByYou')
      const name = bucketName(bucket)
      const write = { type: 'put', key: name, value: encodeRecord(name, record) } as const
      const more = this.configurations.creationWrites(bucket, documents)
      await this.#database.commit([write, ...more])
      this.configurations.adopt(bucket, documents)
      this.#buckets.set(bucket, record)
    })
  }

  /**
   * Removes a bucket together with what `contents` finds in it while it is locked.
   * @throws S3Failure NoSuchBucket, or what `contents` throws
   */
  remove(bucket: string, contents: () => Promise<readonly Write[]>): Promise<void> {
    return this.#locks.exclusive(bucket, async () => {
      this.get(bucket)
      const write = { type: 'del', key: bucketName(bucket) } as const
      const others = [...(await contents()), ...this.configurations.removalWrites(bucket)]
      await this.#database.commit([write, ...others])
      this.#buckets.delete(bucket)
      this.configurations.forget(bucket)
    })
  }
}
