import { choice, constant, interleaved, optional, required, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, integer, isoDate, text } from '../xml/values.ts'
import { commonPrefixes, owner, type CommonPrefix, type Owner } from './common.ts'
import { objectPropertyFields, type ObjectProperties } from './object-entry.ts'

/** `Version`: one version of an object. */
export interface VersionEntry extends ObjectProperties {
  readonly isPrefix: false
  readonly isDeleteMarker: false
  /** The key. */
  readonly object: string
  /** Opaque text; `null` for what was written without versioning. */
  readonly versionId: string
  readonly isLatest: boolean
}

/** `DeleteMarker`: a version that says that the object was deleted. */
export interface DeleteMarkerEntry {
  readonly isPrefix: false
  readonly isDeleteMarker: true
  /** The key. */
  readonly object: string
  readonly versionId: string
  readonly isLatest: boolean
  readonly lastModified: Date
  readonly owner?: Owner | undefined
}

/** One row of a listing of versions, told apart by `isPrefix` and `isDeleteMarker`. */
export type VersionListingEntry = VersionEntry | DeleteMarkerEntry | CommonPrefix

const version = object<VersionEntry>({
  isPrefix: constant(false),
  isDeleteMarker: constant(false),
  object: required('Key', text),
  versionId: withDefault('VersionId', text, 'null'),
  isLatest: withDefault('IsLatest', boolean, false),
  ...objectPropertyFields,
})

const deleteMarker = object<DeleteMarkerEntry>({
  isPrefix: constant(false),
  isDeleteMarker: constant(true),
  object: required('Key', text),
  versionId: withDefault('VersionId', text, 'null'),
  isLatest: withDefault('IsLatest', boolean, false),
  lastModified: required('LastModified', isoDate),
  owner: optional('Owner', owner),
})

/**
 * `ListVersionsResult`: the answer to ListObjectVersions, one page.
 * `decodeUrlEncoded` undoes {@link encodingType}.
 */
export interface ListObjectVersionsResult {
  /** The bucket. */
  readonly name?: string | undefined
  readonly prefix?: string | undefined
  readonly keyMarker?: string | undefined
  readonly versionIdMarker?: string | undefined
  /** The next page begins after this key and {@link nextVersionIdMarker} together. */
  readonly nextKeyMarker?: string | undefined
  readonly nextVersionIdMarker?: string | undefined
  readonly delimiter?: string | undefined
  readonly maxKeys?: number | undefined
  readonly encodingType?: string | undefined
  readonly isTruncated: boolean
  /** Versions, delete markers and common prefixes, in the store's order. */
  readonly entries: readonly VersionListingEntry[]
}

/** The document `<ListVersionsResult>`. */
export const listObjectVersionsDocument: XmlDocument<ListObjectVersionsResult> = s3Document(
  'ListVersionsResult',
  object<ListObjectVersionsResult>({
    name: optional('Name', text),
    prefix: optional('Prefix', text),
    keyMarker: optional('KeyMarker', text),
    versionIdMarker: optional('VersionIdMarker', text),
    nextKeyMarker: optional('NextKeyMarker', text),
    nextVersionIdMarker: optional('NextVersionIdMarker', text),
    delimiter: optional('Delimiter', text),
    maxKeys: optional('MaxKeys', integer),
    encodingType: optional('EncodingType', text),
    isTruncated: withDefault('IsTruncated', boolean, false),
    entries: interleaved<VersionListingEntry>(
      choice(
        'Version',
        version,
        (entry: VersionListingEntry): entry is VersionEntry =>
          !entry.isPrefix && !entry.isDeleteMarker,
      ),
      choice(
        'DeleteMarker',
        deleteMarker,
        (entry: VersionListingEntry): entry is DeleteMarkerEntry =>
          !entry.isPrefix && entry.isDeleteMarker,
      ),
      commonPrefixes<VersionEntry | DeleteMarkerEntry>(),
    ),
  }),
)
