import { copyPartDocument, decodeXml, type CompletedPart } from '@stowage/protocol'
import { InvalidResponseError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import { headerValue } from '../transport/transport.ts'
import { ofPart, type UploadAddress } from './upload-part.ts'

/** A part as the list of an upload names it, but for its number. */
export type ListedPart = Omit<CompletedPart, 'partNumber'>

/** What a store says of a part that it copied. */
export interface CopiedPart extends ListedPart {
  /** The version that it copied from, where it says so. */
  readonly sourceVersionId: string | undefined
}

/**
 * UploadPartCopy: a part whose bytes the store takes from an object. S3 may answer 200 and then
 * say an error.
 *
 * @param partNumber 1 to 10,000
 * @param headers those of the source, its range, and a customer key of the upload
 * @returns the part's ETag, without quotes, and its checksum where the store computed one
 */
export function uploadPartCopy(
  address: UploadAddress,
  partNumber: number,
  headers: Readonly<Record<string, string>>,
): S3Request<CopiedPart> {
  return {
    operation: 'UploadPartCopy',
    ...ofPart(address, partNumber),
    headers,
    answer: 'document',
    errorInBody: true,
    read: (reply) => {
      const { lastModified: _, checksumType: __, ...part } = decodeXml(copyPartDocument, reply.body)
      const sourceVersionId = headerValue(reply.headers, 'x-amz-copy-source-version-id')
      if (part.etag !== '') return { ...part, sourceVersionId }
      throw new InvalidResponseError('UploadPartCopy', 'there is no ETag')
    },
  }
}
