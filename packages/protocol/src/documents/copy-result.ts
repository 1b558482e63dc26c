import { optional, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { etag, isoDate } from '../xml/values.ts'
import { checksumFields, type Checksums } from './common.ts'

/** `CopyObjectResult` and `CopyPartResult`. With status 200 the root may be `<Error>` instead. */
export interface CopyResult extends Checksums {
  readonly lastModified?: Date | undefined
  /** Without quotes; empty where the store sends none. */
  readonly etag: string
}

const copyResult = object<CopyResult>({
  lastModified: optional('LastModified', isoDate),
  etag: withDefault('ETag', etag, ''),
  ...checksumFields,
})

/** The document `<CopyObjectResult>`: the answer to CopyObject. */
export const copyObjectDocument: XmlDocument<CopyResult> = s3Document(
  'CopyObjectResult',
  copyResult,
)

/** The document `<CopyPartResult>`: the answer to UploadPartCopy. */
export const copyPartDocument: XmlDocument<CopyResult> = s3Document('CopyPartResult', copyResult)
