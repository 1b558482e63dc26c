import { decodeXml, initiateMultipartUploadDocument } from '@stowage/protocol'
import { checkBucket, checkObject } from '../checks.ts'
import { InvalidResponseError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'

/**
 * CreateMultipartUpload. When an answer gets lost, its upload is lost whether the request is
 * sent again or not, so it is; `leftUpload` tells of it.
 *
 * @param headers those of the object to come, see `newObjectHeaders`
 * @returns the upload id
 */
export function createMultipartUpload(
  bucket: string,
  object: string,
  headers: Readonly<Record<string, string>>,
): S3Request<string> {
  checkBucket(bucket)
  checkObject(object)
  return {
    operation: 'CreateMultipartUpload',
    method: 'POST',
    bucket,
    object,
    query: [['uploads', '']],
    headers,
    idempotent: true,
    answer: 'document',
    read: (reply) => {
      const { uploadId } = decodeXml(initiateMultipartUploadDocument, reply.body)
      if (uploadId !== '') return uploadId
      throw new InvalidResponseError('CreateMultipartUpload', 'there is no upload id')
    },
  }
}
