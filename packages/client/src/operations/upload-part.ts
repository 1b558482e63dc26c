import type { QueryPair } from '@stowage/protocol'
import { InvalidResponseError } from '../errors.ts'
import type { RequestBody } from '../request/body.ts'
import { replyEtag } from '../request/reply.ts'
import type { RequestDescription, S3Request } from '../request/request.ts'
import { checksumsInHeaders, type StoredChecksums } from '../results/stored-checksums.ts'

/** Where a part goes. */
export interface UploadAddress {
  readonly bucket: string
  readonly object: string
  readonly uploadId: string
}

/** What a store says of a part that it took. */
export interface PartResult extends StoredChecksums {
  /** Without quotes. */
  readonly etag: string
}

/** What the requests have in common that make a part of an upload. */
export function ofPart(
  { bucket, object, uploadId }: UploadAddress,
  partNumber: number,
): Omit<RequestDescription, 'operation' | 'answer'> {
  const query: QueryPair[] = [
    ['partNumber', String(partNumber)],
    ['uploadId', uploadId],
  ]
  return { method: 'PUT', bucket, object, query, idempotent: true }
}

/**
 * UploadPart.
 *
 * @param partNumber 1 to 10,000
 * @param headers those of the part: a checksum, a customer key
 */
export function uploadPart(
  address: UploadAddress,
  partNumber: number,
  body: RequestBody,
  headers: Readonly<Record<string, string>>,
): S3Request<PartResult> {
  return {
    operation: 'UploadPart',
    ...ofPart(address, partNumber),
    headers,
    body,
    answer: 'stored',
    read: (reply) => {
      const etag = replyEtag(reply)
      if (etag !== undefined && etag !== '') return { etag, ...checksumsInHeaders(reply.headers) }
      throw new InvalidResponseError('UploadPart', 'there is no ETag')
    },
  }
}
