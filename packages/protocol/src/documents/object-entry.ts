import {
  choice,
  constant,
  interleaved,
  optional,
  optionalList,
  required,
  withDefault,
  type XmlField,
} from '../xml/fields.ts'
import { object, type XmlFields } from '../xml/shape.ts'
import { boolean, etag, integer, isoDate, record, text, type XmlRecord } from '../xml/values.ts'
import { commonPrefixes, owner, type CommonPrefix, type Owner } from './common.ts'

/** `RestoreStatus`: of an object in an archive class, when the listing was asked for it. */
export interface RestoreStatus {
  readonly isRestoreInProgress: boolean
  readonly restoreExpiryDate?: Date | undefined
}

const restoreStatus = object<RestoreStatus>({
  isRestoreInProgress: withDefault('IsRestoreInProgress', boolean, false),
  restoreExpiryDate: optional('RestoreExpiryDate', isoDate),
})

/** What listings of objects and of versions tell about stored data. */
export interface ObjectProperties {
  readonly lastModified: Date
  /** Without quotes; empty where the store sends none. */
  readonly etag: string
  readonly sizeBytes: number
  readonly storageClass?: string | undefined
  readonly owner?: Owner | undefined
  readonly checksumAlgorithm?: readonly string[] | undefined
  /** `COMPOSITE` or `FULL_OBJECT`. */
  readonly checksumType?: string | undefined
  readonly restoreStatus?: RestoreStatus | undefined
  /** MinIO only, with `metadata=true`: header names as they were stored, and their values. */
  readonly userMetadata?: XmlRecord | undefined
  /** MinIO only, with `metadata=true`: tags in the form of a query, `a=1&b=2`. */
  readonly userTags?: string | undefined
}

export const objectPropertyFields: XmlFields<ObjectProperties> = {
  lastModified: required('LastModified', isoDate),
  etag: withDefault('ETag', etag, ''),
  sizeBytes: required('Size', integer),
  storageClass: optional('StorageClass', text),
  owner: optional('Owner', owner),
  checksumAlgorithm: optionalList('ChecksumAlgorithm', text),
  checksumType: optional('ChecksumType', text),
  restoreStatus: optional('RestoreStatus', restoreStatus),
  userMetadata: optional('UserMetadata', record),
  userTags: optional('UserTags', text),
}

/** `Contents`: an object in ListObjects and ListObjectsV2. */
export interface ObjectEntry extends ObjectProperties {
  readonly isPrefix: false
  /** The key. */
  readonly object: string
}

const contents = object<ObjectEntry>({
  isPrefix: constant(false),
  object: required('Key', text),
  ...objectPropertyFields,
})

/** One row of a listing, told apart by `isPrefix`. */
export type ListingEntry = ObjectEntry | CommonPrefix

/** `Contents` and `CommonPrefixes` in document order. */
export const listingEntries: XmlField<readonly ListingEntry[]> = interleaved<ListingEntry>(
  choice('Contents', contents, (entry: ListingEntry): entry is ObjectEntry => !entry.isPrefix),
  commonPrefixes<ObjectEntry>(),
)
