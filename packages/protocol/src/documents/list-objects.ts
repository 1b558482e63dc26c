import { optional, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, integer, text } from '../xml/values.ts'
import { listingEntries, type ListingEntry } from './object-entry.ts'

/**
 * `ListBucketResult`: the answer to ListObjects (version 1), one page.
 * `decodeUrlEncoded` undoes {@link encodingType}.
 */
export interface ListObjectsResult {
  /** The bucket. */
  readonly name?: string | undefined
  readonly prefix?: string | undefined
  readonly marker?: string | undefined
  /** Only sent with a delimiter; without one the last key of the page is the next marker. */
  readonly nextMarker?: string | undefined
  readonly delimiter?: string | undefined
  readonly maxKeys?: number | undefined
  readonly encodingType?: string | undefined
  readonly isTruncated: boolean
  /** Objects and common prefixes, in the store's order. */
  readonly entries: readonly ListingEntry[]
}

/** The document `<ListBucketResult>` of version 1. */
export const listObjectsDocument: XmlDocument<ListObjectsResult> = s3Document(
  'ListBucketResult',
  object<ListObjectsResult>({
    name: optional('Name', text),
    prefix: optional('Prefix', text),
    marker: optional('Marker', text),
    nextMarker: optional('NextMarker', text),
    delimiter: optional('Delimiter', text),
    maxKeys: optional('MaxKeys', integer),
    encodingType: optional('EncodingType', text),
    isTruncated: withDefault('IsTruncated', boolean, false),
    entries: listingEntries,
  }),
)
