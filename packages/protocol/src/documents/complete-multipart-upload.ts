import { list, optional, required, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { etag, integer, text } from '../xml/values.ts'
import { checksumFields, type Checksums } from './common.ts'

/** `Part` in CompleteMultipartUpload. */
export interface CompletedPart extends Omit<Checksums, 'checksumType'> {
  readonly partNumber: number
  /** As UploadPart returned it, without quotes. */
  readonly etag: string
}

/** `CompleteMultipartUpload`: the request body, parts in ascending order. */
export interface CompleteMultipartUploadRequest {
  readonly parts: readonly CompletedPart[]
}

const { checksumType: _, ...partChecksumFields } = checksumFields

/** The document `<CompleteMultipartUpload>`. */
export const completeMultipartUploadDocument: XmlDocument<CompleteMultipartUploadRequest> =
  s3Document(
    'CompleteMultipartUpload',
    object<CompleteMultipartUploadRequest>({
      parts: list(
        'Part',
        object<CompletedPart>({
          ...partChecksumFields,
          partNumber: required('PartNumber', integer),
          etag: required('ETag', etag),
        }),
      ),
    }),
  )

/**
 * `CompleteMultipartUploadResult`. Stores leave out everything but the ETag at times.
 * With status 200 the root may be `<Error>` instead, after blanks that kept the connection alive.
 */
export interface CompleteMultipartUploadResult extends Checksums {
  readonly location?: string | undefined
  readonly bucket?: string | undefined
  /** The key. */
  readonly object?: string | undefined
  /** Without quotes; empty where the store sends none. */
  readonly etag: string
}

/** The document `<CompleteMultipartUploadResult>`. */
export const completeMultipartUploadResultDocument: XmlDocument<CompleteMultipartUploadResult> =
  s3Document(
    'CompleteMultipartUploadResult',
    object<CompleteMultipartUploadResult>({
      location: optional('Location', text),
      bucket: optional('Bucket', text),
      object: optional('Key', text),
      etag: withDefault('ETag', etag, ''),
      ...checksumFields,
    }),
  )
