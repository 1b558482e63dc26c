import {
  decodeUrlEncoded,
  decodeXml,
  listObjectsV2Document,
  type ListingEntry,
  type QueryPair,
} from '@stowage/protocol'
import { checkBoolean } from '../checks.ts'
import { nextPage, type PagedRequest } from '../results/listing.ts'
import {
  checkListing,
  pagingQuery,
  withPlainMetadata,
  type ListObjectsOptions,
} from './list-objects.ts'
import { askedEntries, hasMore, markerQuery } from './page-marker.ts'

/** Options of `listObjectsV2`. */
export interface ListObjectsV2Options<
  Versions extends boolean = boolean,
> extends ListObjectsOptions<Versions> {
  /** User metadata and tags with each entry: MinIO only, other stores leave them out. */
  readonly includeUserMetadata?: boolean | undefined
  /** The owner with each entry; versions have it anyway. */
  readonly fetchOwner?: boolean | undefined
}

function listQuery(options: ListObjectsV2Options): QueryPair[] {
  const query: QueryPair[] = [['list-type', '2'], ...pagingQuery(options)]
  if (options.pageSize !== undefined) query.push(['max-keys', String(options.pageSize)])
  if (options.startAfter !== undefined) query.push(['start-after', options.startAfter])
  if (options.fetchOwner === true) query.push(['fetch-owner', 'true'])
  if (options.includeUserMetadata === true) query.push(['metadata', 'true'])
  return query
}

/** ListObjectsV2. */
export function listObjectsV2(
  bucket: string,
  options: ListObjectsV2Options,
): PagedRequest<ListingEntry> {
  checkListing(bucket, options)
  checkBoolean('includeUserMetadata', options.includeUserMetadata)
  checkBoolean('fetchOwner', options.fetchOwner)
  const query = listQuery(options)
  const operation = 'ListObjectsV2'
  return {
    operation,
    page: (token) => ({
      operation,
      method: 'GET',
      bucket,
      query: [...query, ...markerQuery('continuation-token', token)],
      idempotent: true,
      answer: 'document',
      read: (reply) => {
        const page = decodeUrlEncoded(decodeXml(listObjectsV2Document, reply.body))
        const { isTruncated, nextContinuationToken } = page
        const after = token === undefined ? options.startAfter : undefined
        const asked = { prefix: options.prefix, after }
        const entries = askedEntries(operation, page.entries, asked)
        return {
          entries: options.includeUserMetadata === true ? withPlainMetadata(entries) : entries,
          next: nextPage(
            operation,
            hasMore(reply, isTruncated, nextContinuationToken),
            nextContinuationToken,
          ),
        }
      },
    }),
  }
}
