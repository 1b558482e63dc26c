import type { ClientOptions } from 'stowage'

/**
 * What stores differ in. A case names what it needs; a target names what it lacks, and why.
 */
export const capabilities = [
  'hostile keys', // every key of S3, also `..`, `a//b`, control characters
  'list buckets by prefix',
  'conditional writes',
  'conditional removals',
  'parts of objects', // reads one part by its number, and tells their count
  'bounded metadata', // S3 takes 2 KB of user metadata, MinIO more
  'object tagging header',
  'other users', // a second user, and policies that tell users apart
  'other regions', // buckets in a region of their own
  'one region', // refuses to make buckets elsewhere
  'list buckets in pages',
  'fresh 409', // a bucket that is made again is refused, also in the default region
  'metadata in listings', // MinIO's `metadata=true`
  'prefixes of uploads', // MinIO lists uploads by whole keys alone
  'thousands of uploads',
  'versioning exclusions', // MinIO's `ExcludedPrefixes` and `ExcludeFolders`
  'object lock',
  'bucket policy',
  'bucket notification',
  'listening', // MinIO's ListenBucketNotification
  'bucket encryption',
  'known keys only', // refuses to encrypt a bucket with a key that it does not know
  'bucket lifecycle',
  'bucket cors',
  'versions',
  'storage classes',
  'post forms',
  'encryption', // with keys of the store: SSE-S3
  'kms keys',
  'customer keys',
  'checksums', // computes, compares and keeps them
  'checksums of parts', // composite ones, and tells the parts that they are made of
  'checksums of copies', // computes the one that a copy asks for
] as const

export type Capability = (typeof capabilities)[number]

export interface Keys {
  readonly accessKey: string
  readonly secretKey: string
}

/** A store that is up. */
export interface RunningTarget {
  /** How a client gets there. */
  readonly options: ClientOptions
  /** Keys of a user who has nothing but what the policies of buckets allow. */
  readonly otherUser?: Keys | undefined
  /** A queue that buckets may tell of events. */
  readonly queueArn?: string | undefined
  /** A key that `aws:kms` may name. */
  readonly kmsKeyId?: string | undefined
  /** Ends it; removes everything that it kept. */
  stop(): Promise<void>
}

/** A store that the suite runs against. */
export interface Target {
  readonly name: string
  /** What it cannot do, each with the reason that the skipped case shows. */
  readonly lacks: Partial<Record<Capability, string>>
  start(): Promise<RunningTarget>
}
