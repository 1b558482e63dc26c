import { InvalidResponseError } from '../errors.ts'
import type { RequestBody } from '../request/body.ts'
import { replyEtag } from '../request/reply.ts'
import type { S3Request } from '../request/request.ts'

/** Where a part goes. */
export interface UploadAddress {
  readonly bucket: string
  readonly object: string
  readonly uploadId: string
}

/**
 * UploadPart.
 *
 * @param partNumber 1 to 10,000
 * @param headers those of the part: a checksum, a customer key
 * @returns the part's ETag, without quotes
 */
export function uploadPart(
  address: UploadAddress,
  partNumber: number,
  body: RequestBody,
  headers: Readonly<Record<string, string>>,
): S3Request<string> {
  return {
    operation: 'UploadPart',
    method: 'PUT',
    bucket: address.bucket,
    object: address.object,
    query: [
      ['partNumber', String(partNumber)],
      ['uploadId', address.uploadId],
    ],
    headers,
    body,
    idempotent: true,
    read: (reply) => {
      const etag = replyEtag(reply)
      if (etag !== undefined && etag !== '') return etag
      throw new InvalidResponseError('UploadPart', 'there is no ETag')
    },
  }
}
