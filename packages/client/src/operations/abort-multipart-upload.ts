import type { S3Request } from '../request/request.ts'
import type { UploadAddress } from './upload-part.ts'

/** AbortMultipartUpload. That the upload is over is what was wanted. */
export function abortMultipartUpload(address: UploadAddress): S3Request<void> {
  return {
    operation: 'AbortMultipartUpload',
    method: 'DELETE',
    bucket: address.bucket,
    object: address.object,
    query: [['uploadId', address.uploadId]],
    idempotent: true,
    answer: 'nothing',
    read: () => {},
    absent: { codes: ['NoSuchUpload'], value: undefined },
  }
}
