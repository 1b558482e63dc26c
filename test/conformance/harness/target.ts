import type { ClientOptions } from 'stowage'

/**
 * What stores differ in. A case names what it needs; a target names what it lacks, and why.
 */
export const capabilities = [
  'hostile keys', // every key of S3, also `..`, `a//b`, control characters
  'list buckets by prefix',
  'list buckets in pages',
  'keys to list buckets', // refuses ListBuckets without
  'any ETag', // `If-Match: *` on reads
  'conditional writes', // `If-None-Match: *`
  'conditional replacement', // `If-Match`, and conditions on uploads in parts
  'conditional removals',
  'parts of objects', // reads one part by its number, and tells their count
  'bounded metadata', // S3 takes 2 KB of user metadata, MinIO more
  'object tagging header',
  'tags of uploads in parts',
  'tags of copies', // replaced by a copy that brings its own
  'reserved tags', // refuses those of AWS
  'other users', // a second user, and policies that tell users apart
  'users without rights', // who may not even make buckets
  'other regions', // buckets in a region of their own
  'one region', // refuses to make buckets elsewhere
  'fresh 409', // a bucket that is made again is refused, also in the default region
  'metadata in listings', // MinIO's `metadata=true`
  'prefixes of uploads', // MinIO lists uploads by whole keys alone
  'thousands of uploads',
  'part lists of S3', // refuses wrong ones, and takes those that leave parts out
  'ended uploads', // are none: completing one is 404
  'versioning exclusions', // MinIO's `ExcludedPrefixes` and `ExcludeFolders`
  'object lock',
  'lock of uploads in parts', // by headers of the upload
  'ended retention', // by a document without one
  'bucket policy',
  'checked policies', // refuses those that are none, too long, or of another bucket
  'bucket notification',
  'notification rules of S3', // replaced by new ones, and compared with each other
  'listening', // MinIO's ListenBucketNotification
  'bucket encryption',
  'known keys only', // refuses to encrypt a bucket with a key that it does not know
  'bucket lifecycle',
  'bucket cors',
  'versions',
  'markers upon markers', // removing what is removed leaves one more
  'pages behind null versions',
  'storage classes',
  'post forms',
  'encryption', // with keys of the store: SSE-S3
  'kms keys',
  'customer keys',
  'needed keys only', // refuses one for what is in the clear
  'copies between encryptions',
  'new keys in place', // a copy onto itself that changes the encryption alone
  'hidden MD5', // the ETag of what is encrypted tells nothing about its content
  'session tokens', // refused where the keys have none
  'dates to come', // refused in signatures
  'signed headers only', // refuses what `x-amz-` header a signature does not cover
  'any host name', // takes a request under every name that is signed
  'checksums', // computes, compares and keeps them
  'checksums of parts', // composite ones, and tells the parts that they are made of
  'checksums of copies', // computes the one that a copy asks for
  'presigned checksums', // compares those that a presigned request is to bring
  'usual certificate', // one that `fetch` believes
] as const

export type Capability = (typeof capabilities)[number]

export interface Keys {
  readonly accessKey: string
  readonly secretKey: string
}

/** Somebody whom buckets may tell of events, and what kind of rule names them. */
export interface Listener {
  readonly kind: 'queues' | 'topics'
  readonly arn: string
}

/** A store that is up. */
export interface RunningTarget {
  /** How a client gets there. */
  readonly options: ClientOptions
  /** Keys of a user who has nothing but what the policies of buckets allow. */
  readonly otherUser?: Keys | undefined
  /** Whom buckets may tell of events. */
  readonly listener?: Listener | undefined
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
  /** The operations that it has not, each with the reason. */
  readonly omits?: Readonly<Record<string, string>>
  start(): Promise<RunningTarget>
}
