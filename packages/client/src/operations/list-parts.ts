import { decodeXml, listPartsDocument, type PartEntry, type QueryPair } from '@stowage/protocol'
import { InvalidResponseError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import type { FetchedPage } from '../results/listing.ts'
import { hasMore } from './page-marker.ts'
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
      const { uploadId = '', nextPartNumberMarker, parts } = page
      if (uploadId !== '' && uploadId !== address.uploadId) {
        throw new InvalidResponseError('ListParts', 'the parts are not those that were asked for')
      }
      const next = nextPartNumberMarker ?? parts.at(-1)?.partNumber
      // Stores name a marker on the last page as well; after it there are no parts.
      const named = parts.length > 0 ? nextPartNumberMarker?.toString() : undefined
      const isTruncated = hasMore(reply, page.isTruncated, named)
      if (!isTruncated) return { entries: parts, next: undefined }
      // A marker that does not move on would end the listing early, or never.
      if (next === undefined || next <= (marker ?? 0)) {
        throw new InvalidResponseError('ListParts', 'a page with more to come does not say where')
      }
      return { entries: parts, next }
    },
  }
}
