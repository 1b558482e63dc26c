import { optional, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, integer, text } from '../xml/values.ts'
import { listingEntries, type ListingEntry } from './object-entry.ts'

/**
 * `ListBucketResult`: the answer to ListObjectsV2, one page.
 *
 * Where {@link encodingType} is `url`, keys, prefixes, delimiter and startAfter are encoded:
 * `decodeUrlEncoded` undoes it.
 */
export interface ListObjectsV2Result {
  /** The bucket. */
  readonly name?: string | undefined
  readonly prefix?: string | undefined
  readonly delimiter?: string | undefined
  readonly startAfter?: string | undefined
  readonly maxKeys?: number | undefined
  /** How many entries the page has; some stores leave it out. */
  readonly keyCount?: number | undefined
  readonly encodingType?: string | undefined
  readonly isTruncated: boolean
  /** Opaque, as the request had it. */
  readonly continuationToken?: string | undefined
  /** Opaque; names the next page. */
  readonly nextContinuationToken?: string | undefined
  /** Objects and common prefixes, in the store's order. */
  readonly entries: readonly ListingEntry[]
}

/** The document `<ListBucketResult>` of version 2. */
export const listObjectsV2Document: XmlDocument<ListObjectsV2Result> = s3Document(
  'ListBucketResult',
  object<ListObjectsV2Result>({
    name: optional('Name', text),
    prefix: optional('Prefix', text),
    delimiter: optional('Delimiter', text),
    startAfter: optional('StartAfter', text),
    maxKeys: optional('MaxKeys', integer),
    keyCount: optional('KeyCount', integer),
    encodingType: optional('EncodingType', text),
    isTruncated: withDefault('IsTruncated', boolean, false),
    continuationToken: optional('ContinuationToken', text),
    nextContinuationToken: optional('NextContinuationToken', text),
    entries: listingEntries,
  }),
)
