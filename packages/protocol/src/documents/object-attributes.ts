import { list, optional, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, integer, text } from '../xml/values.ts'
import { checksumFields, type Checksums } from './common.ts'

/** `Part` of an object that was uploaded in parts. */
export interface ObjectPart extends Omit<Checksums, 'checksumType'> {
  readonly partNumber?: number | undefined
  readonly sizeBytes?: number | undefined
}

/** `ObjectParts`: one page of the parts of an object. */
export interface ObjectParts {
  readonly isTruncated: boolean
  readonly maxParts?: number | undefined
  readonly partNumberMarker?: number | undefined
  readonly nextPartNumberMarker?: number | undefined
  /** How many parts the object has; the element is called `PartsCount`. */
  readonly totalPartsCount?: number | undefined
  readonly parts: readonly ObjectPart[]
}

/** `GetObjectAttributesResponse`: what was asked for and is there. */
export interface ObjectAttributes {
  /** Without quotes, unlike in all other documents. */
  readonly etag?: string | undefined
  readonly checksum?: Checksums | undefined
  readonly objectParts?: ObjectParts | undefined
  readonly storageClass?: string | undefined
  readonly sizeBytes?: number | undefined
}

const { checksumType: _, ...partChecksumFields } = checksumFields

/** The document `<GetObjectAttributesResponse>`. */
export const objectAttributesDocument: XmlDocument<ObjectAttributes> = s3Document(
  'GetObjectAttributesResponse',
  object<ObjectAttributes>({
    etag: optional('ETag', text),
    checksum: optional('Checksum', object<Checksums>({ ...checksumFields })),
    objectParts: optional(
      'ObjectParts',
      object<ObjectParts>({
        isTruncated: withDefault('IsTruncated', boolean, false),
        maxParts: optional('MaxParts', integer),
        partNumberMarker: optional('PartNumberMarker', integer),
        nextPartNumberMarker: optional('NextPartNumberMarker', integer),
        totalPartsCount: optional('PartsCount', integer),
        parts: list(
          'Part',
          object<ObjectPart>({
            ...partChecksumFields,
            partNumber: optional('PartNumber', integer),
            sizeBytes: optional('Size', integer),
          }),
        ),
      }),
    ),
    storageClass: optional('StorageClass', text),
    sizeBytes: optional('ObjectSize', integer),
  }),
)
