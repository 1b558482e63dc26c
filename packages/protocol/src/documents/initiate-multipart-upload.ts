import { optional, required } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { text } from '../xml/values.ts'

/** `InitiateMultipartUploadResult`: the answer to CreateMultipartUpload. */
export interface InitiateMultipartUploadResult {
  readonly bucket?: string | undefined
  /** The key. */
  readonly object?: string | undefined
  readonly uploadId: string
}

/** The document `<InitiateMultipartUploadResult>`. */
export const initiateMultipartUploadDocument: XmlDocument<InitiateMultipartUploadResult> =
  s3Document(
    'InitiateMultipartUploadResult',
    object<InitiateMultipartUploadResult>({
      bucket: optional('Bucket', text),
      object: optional('Key', text),
      uploadId: required('UploadId', text),
    }),
  )
