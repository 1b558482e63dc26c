import {
  completeMultipartUploadDocument,
  completeMultipartUploadResultDocument,
  decodeXml,
  encodeXml,
  type CompletedPart,
} from '@stowage/protocol'
import { InvalidResponseError } from '../errors.ts'
import { BytesBody } from '../request/body.ts'
import type { S3Request } from '../request/request.ts'
import { checksumsInDocument } from '../results/stored-checksums.ts'
import { headerValue } from '../transport/transport.ts'
import type { PutResult } from './put-object.ts'
import type { UploadAddress } from './upload-part.ts'

/**
 * CompleteMultipartUpload. S3 answers 200 before it is done and may put an error into the
 * body. Sending it again is safe: the second one gives the same result, or NoSuchUpload.
 *
 * @param parts in ascending order
 * @param headers conditions, a checksum of the whole, a customer key
 */
export function completeMultipartUpload(
  address: UploadAddress,
  parts: readonly CompletedPart[],
  headers: Readonly<Record<string, string>>,
): S3Request<PutResult> {
  return {
    operation: 'CompleteMultipartUpload',
    method: 'POST',
    bucket: address.bucket,
    object: address.object,
    query: [['uploadId', address.uploadId]],
    headers: { 'content-type': 'application/xml', ...headers },
    body: new BytesBody(Buffer.from(encodeXml(completeMultipartUploadDocument, { parts }))),
    idempotent: true,
    answer: 'document',
    errorInBody: true,
    read: (reply) => {
      const result = decodeXml(completeMultipartUploadResultDocument, reply.body)
      const { etag } = result
      if (etag === '') throw new InvalidResponseError('CompleteMultipartUpload', 'no ETag')
      return {
        etag,
        versionId: headerValue(reply.headers, 'x-amz-version-id'),
        ...checksumsInDocument(result),
      }
    },
  }
}
