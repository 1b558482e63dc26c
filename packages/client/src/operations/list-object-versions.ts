import {
  decodeUrlEncoded,
  decodeXml,
  listObjectVersionsDocument,
  type QueryPair,
  type VersionListingEntry,
} from '@stowage/protocol'
import { nextPage, type PagedRequest } from '../results/listing.ts'
import { replyText } from '../request/reply.ts'
import { checkListing, markerQuery, pagingQuery, withPlainMetadata } from './list-objects.ts'
import type { ListObjectsV2Options } from './list-objects-v2.ts'

/** ListObjectVersions. `includeUserMetadata` is known to MinIO alone. */
export function listObjectVersions(
  bucket: string,
  options: ListObjectsV2Options,
): PagedRequest<VersionListingEntry> {
  checkListing(bucket, options)
  const { startAfter, pageSize, includeUserMetadata } = options
  const query: QueryPair[] = [['versions', ''], ...pagingQuery(options)]
  if (pageSize !== undefined) query.push(['max-keys', String(pageSize)])
  if (includeUserMetadata === true) query.push(['metadata', 'true'])
  const operation = 'ListObjectVersions'
  return {
    operation,
    page: (key = startAfter, versionId) => ({
      operation,
      method: 'GET',
      bucket,
      query: [
        ...query,
        ...markerQuery('key-marker', key),
        ...markerQuery('version-id-marker', versionId),
      ],
      idempotent: true,
      read: (reply) => {
        const page = decodeUrlEncoded(decodeXml(listObjectVersionsDocument, replyText(reply)))
        const { isTruncated, nextKeyMarker, nextVersionIdMarker } = page
        return {
          entries: includeUserMetadata === true ? withPlainMetadata(page.entries) : page.entries,
          next: nextPage(operation, isTruncated, nextKeyMarker, nextVersionIdMarker),
        }
      },
    }),
  }
}
