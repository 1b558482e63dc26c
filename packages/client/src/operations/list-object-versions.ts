import {
  decodeUrlEncoded,
  decodeXml,
  listObjectVersionsDocument,
  type QueryPair,
  type VersionListingEntry,
} from '@stowage/protocol'
import { checkBoolean } from '../checks.ts'
import { nextPage, type PagedRequest } from '../results/listing.ts'
import { checkListing, pagingQuery, withPlainMetadata } from './list-objects.ts'
import { askedEntries, decodedMarker, hasMore, markerQuery } from './page-marker.ts'
import type { ListObjectsV2Options } from './list-objects-v2.ts'

/** Ceph (18.2) lists the versions of the key itself as well, where it shall list those behind it. */
function behind(
  entries: readonly VersionListingEntry[],
  startAfter: string | undefined,
): readonly VersionListingEntry[] {
  if (startAfter === undefined) return entries
  const start = Buffer.from(startAfter)
  return entries.filter(
    (entry) => entry.isPrefix || Buffer.compare(Buffer.from(entry.object), start) > 0,
  )
}

/** ListObjectVersions. `includeUserMetadata` is known to MinIO alone. */
export function listObjectVersions(
  bucket: string,
  options: ListObjectsV2Options,
): PagedRequest<VersionListingEntry> {
  checkListing(bucket, options)
  checkBoolean('includeUserMetadata', options.includeUserMetadata)
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
      answer: 'document',
      read: (reply) => {
        const sent = decodeXml(listObjectVersionsDocument, reply.body)
        const page = decodeUrlEncoded(sent)
        const nextKey = decodedMarker(sent.nextKeyMarker, page.nextKeyMarker, page.entries)
        const isTruncated = hasMore(reply, page.isTruncated, nextKey)
        const next = nextPage(operation, isTruncated, nextKey, page.nextVersionIdMarker)
        const found = behind(page.entries, startAfter)
        const asked = { prefix: options.prefix, after: key, isWithinKey: true }
        const entries = askedEntries(operation, found, asked)
        return {
          entries: includeUserMetadata === true ? withPlainMetadata(entries) : entries,
          next,
        }
      },
    }),
  }
}
