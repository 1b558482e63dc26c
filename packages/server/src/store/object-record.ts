import type { Segment } from './blobs.ts'
import type { ObjectEncryption } from './object-encryption.ts'

export type HeaderValue = readonly [name: string, value: string]

/** One part of an object that came in parts. */
export interface PartFacts {
  readonly partNumber: number
  readonly sizeBytes: number
  /** The part's checksums by header name, in base64. */
  readonly checksums: readonly HeaderValue[]
}

/** What keeps a version from being removed. */
export interface ObjectLock {
  readonly mode?: 'GOVERNANCE' | 'COMPLIANCE' | undefined
  /** End of the retention, with a mode only. */
  readonly retainUntilMs?: number | undefined
  readonly legalHold?: boolean | undefined
}

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
  /** How the checksums are made; absent: over all bytes. */
  readonly checksumType?: 'COMPOSITE' | undefined
  /** Tag set, as the query string that the header x-amz-tagging holds. */
  readonly tagging?: string | undefined
  readonly lock?: ObjectLock | undefined
  /** Absent when the object is not encrypted. */
  readonly encryption?: ObjectEncryption | undefined
  /** Absent when the object came in one piece. */
  readonly parts?: readonly PartFacts[] | undefined
  /** The multipart upload that the object came from. */
  readonly uploadId?: string | undefined
}

/** One version of an object. */
export interface ObjectRecord extends ObjectDraft {
  readonly deleteMarker?: undefined
  /** `null` for what was written while the bucket kept no versions. */
  readonly versionId: string
  /** Grows with every write of the store: the order of versions, whatever the clock does. */
  readonly sequence: number
  readonly lastModifiedMs: number
  readonly sizeBytes: number
  readonly segments: readonly Segment[]
}

/** The version that says that an object was deleted. */
export interface DeleteMarker {
  readonly deleteMarker: true
  readonly versionId: string
  readonly sequence: number
  readonly lastModifiedMs: number
}

export type VersionRecord = ObjectRecord | DeleteMarker
