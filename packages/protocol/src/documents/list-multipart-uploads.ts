import { choice, constant, interleaved, optional, required, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, integer, isoDate, text } from '../xml/values.ts'
import { commonPrefixes, owner, type CommonPrefix, type Owner } from './common.ts'

/** `Upload`: a multipart upload that is neither completed nor aborted. */
export interface UploadEntry {
  readonly isPrefix: false
  /** The key. */
  readonly object: string
  readonly uploadId: string
  readonly initiated?: Date | undefined
  readonly storageClass?: string | undefined
  readonly initiator?: Owner | undefined
  readonly owner?: Owner | undefined
  readonly checksumAlgorithm?: string | undefined
  readonly checksumType?: string | undefined
}

/** One row of a listing of uploads, told apart by `isPrefix`. */
export type UploadListingEntry = UploadEntry | CommonPrefix

const upload = object<UploadEntry>({
  isPrefix: constant(false),
  object: required('Key', text),
  uploadId: required('UploadId', text),
  initiator: optional('Initiator', owner),
  owner: optional('Owner', owner),
  storageClass: optional('StorageClass', text),
  initiated: optional('Initiated', isoDate),
  checksumAlgorithm: optional('ChecksumAlgorithm', text),
  checksumType: optional('ChecksumType', text),
})

/**
 * `ListMultipartUploadsResult`: the answer to ListMultipartUploads, one page.
 * `decodeUrlEncoded` undoes {@link encodingType}.
 */
export interface ListMultipartUploadsResult {
  readonly bucket?: string | undefined
  readonly prefix?: string | undefined
  readonly delimiter?: string | undefined
  readonly keyMarker?: string | undefined
  readonly uploadIdMarker?: string | undefined
  /** The next page begins after this key and {@link nextUploadIdMarker} together. */
  readonly nextKeyMarker?: string | undefined
  readonly nextUploadIdMarker?: string | undefined
  readonly maxUploads?: number | undefined
  readonly encodingType?: string | undefined
  readonly isTruncated: boolean
  /** Uploads and common prefixes, in the store's order. */
  readonly entries: readonly UploadListingEntry[]
}

/** The document `<ListMultipartUploadsResult>`. */
export const listMultipartUploadsDocument: XmlDocument<ListMultipartUploadsResult> = s3Document(
  'ListMultipartUploadsResult',
  object<ListMultipartUploadsResult>({
    bucket: optional('Bucket', text),
    keyMarker: optional('KeyMarker', text),
    uploadIdMarker: optional('UploadIdMarker', text),
    nextKeyMarker: optional('NextKeyMarker', text),
    nextUploadIdMarker: optional('NextUploadIdMarker', text),
    prefix: optional('Prefix', text),
    delimiter: optional('Delimiter', text),
    maxUploads: optional('MaxUploads', integer),
    encodingType: optional('EncodingType', text),
    isTruncated: withDefault('IsTruncated', boolean, false),
    entries: interleaved<UploadListingEntry>(
      choice(
        'Upload',
        upload,
        (entry: UploadListingEntry): entry is UploadEntry => !entry.isPrefix,
      ),
      commonPrefixes<UploadEntry>(),
    ),
  }),
)
