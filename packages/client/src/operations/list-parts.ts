import { decodeXml, listPartsDocument, type PartEntry, type QueryPair } from '@stowage/protocol'
import { InvalidResponseError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import type { FetchedPage } from '../results/listing.ts'
import type { UploadAddress } from './upload-part.ts'

/**
 * ListParts, one page.
 *
 * @param marker the number of the last part of the page before
 */
export function listParts(
  address: UploadAddress,
  marker: number | undefined,
  headers: Readonly<Record<string, string>> = {},
): S3Request<FetchedPage<PartEntry, number>> {
  const query: QueryPair[] = [['uploadId', address.uploadId]]
  if (marker !== undefined) query.push(['part-number-marker', String(marker)])
  return {
    operation: 'ListParts',
    method: 'GET',
    bucket: address.bucket,
    object: address.object,
    query,
    headers,
    idempotent: true,
    answer: 'document',
    read: (reply) => {
      const page = decodeXml(listPartsDocument, reply.body)
      const next = page.nextPartNumberMarker ?? page.parts.at(-1)?.partNumber
      if (!page.isTruncated) return { entries: page.parts, next: undefined }
      // A marker that does not move on would end the listing early, or never.
      if (next === undefined || next <= (marker ?? 0)) {
        throw new InvalidResponseError('ListParts', 'a page with more to come does not say where')
      }
      return { entries: page.parts, next }
    },
  }
}
