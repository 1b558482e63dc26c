import { list, optional, required, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, etag, integer, isoDate, text } from '../xml/values.ts'
import { checksumFields, owner, type Checksums, type Owner } from './common.ts'

/** `Part`: an uploaded part of an unfinished upload. */
export interface PartEntry extends Checksums {
  readonly partNumber: number
  readonly lastModified?: Date | undefined
  /** Without quotes. */
  readonly etag: string
  readonly sizeBytes: number
}

/** `ListPartsResult`: the answer to ListParts, one page. */
export interface ListPartsResult {
  readonly bucket?: string | undefined
  /** The key; never URL-encoded, ListParts has no encoding-type. */
  readonly object?: string | undefined
  readonly uploadId?: string | undefined
  readonly initiator?: Owner | undefined
  readonly owner?: Owner | undefined
  readonly storageClass?: string | undefined
  readonly partNumberMarker?: number | undefined
  readonly nextPartNumberMarker?: number | undefined
  readonly maxParts?: number | undefined
  readonly isTruncated: boolean
  readonly checksumAlgorithm?: string | undefined
  readonly checksumType?: string | undefined
  readonly parts: readonly PartEntry[]
}

/** The document `<ListPartsResult>`. */
export const listPartsDocument: XmlDocument<ListPartsResult> = s3Document(
  'ListPartsResult',
  object<ListPartsResult>({
    bucket: optional('Bucket', text),
    object: optional('Key', text),
    uploadId: optional('UploadId', text),
    initiator: optional('Initiator', owner),
    owner: optional('Owner', owner),
    storageClass: optional('StorageClass', text),
    partNumberMarker: optional('PartNumberMarker', integer),
    nextPartNumberMarker: optional('NextPartNumberMarker', integer),
    maxParts: optional('MaxParts', integer),
    isTruncated: withDefault('IsTruncated', boolean, false),
    checksumAlgorithm: optional('ChecksumAlgorithm', text),
    checksumType: optional('ChecksumType', text),
    parts: list(
      'Part',
      object<PartEntry>({
        partNumber: required('PartNumber', integer),
        lastModified: optional('LastModified', isoDate),
        etag: withDefault('ETag', etag, ''),
        sizeBytes: required('Size', integer),
        ...checksumFields,
      }),
    ),
  }),
)
