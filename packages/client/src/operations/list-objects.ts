import {
  decodeMetadata,
  decodeUrlEncoded,
  decodeXml,
  listObjectsDocument,
  type ListingEntry,
  type ListObjectsResult,
  type QueryPair,
  type VersionListingEntry,
} from '@stowage/protocol'
import { checkBoolean, checkBucket, checkInteger, checkText } from '../checks.ts'
import { nextPage, type PagedRequest } from '../results/listing.ts'
import type { CallOptions } from '../options.ts'
import { askedEntries, decodedMarker, hasMore, lastName, markerQuery } from './page-marker.ts'

/** Options of `listObjects`, and of every other listing of objects. */
export interface ListObjectsOptions<Versions extends boolean = boolean> extends CallOptions {
  /** Only keys that begin so. */
  readonly prefix?: string | undefined
  /** All keys below the prefix; without it those behind a further `/` come as one prefix. */
  readonly recursive?: boolean | undefined
  /** Only keys behind this one, in the order of their UTF-8 bytes. */
  readonly startAfter?: string | undefined
  /**
   * Every version with its `versionId` and `isLatest`, newest first for each key, and delete
   * markers as entries with `isDeleteMarker`. Default: objects as they are now.
   */
  readonly includeVersions?: Versions | undefined
  /** Entries in a page, 1 to 1000. Default: the store's own, 1000. */
  readonly pageSize?: number | undefined
}

/** What a listing with or without versions yields. */
export type Listed<Versions extends boolean> = Versions extends true
  ? VersionListingEntry
  : ListingEntry

const maxPageSize = 1000

/** Checks what all listings of a bucket share. */
export function checkPaging(
  bucket: string,
  options: Pick<ListObjectsOptions, 'prefix' | 'recursive' | 'pageSize'>,
): void {
  checkBucket(bucket)
  if (options.prefix !== undefined) checkText('prefix', options.prefix)
  if (options.pageSize !== undefined) checkInteger('pageSize', options.pageSize, 1, maxPageSize)
  checkBoolean('recursive', options.recursive)
}

/** Checks what all listings of objects share. */
export function checkListing(bucket: string, options: ListObjectsOptions): void {
  checkPaging(bucket, options)
  if (options.startAfter !== undefined) checkText('startAfter', options.startAfter)
  checkBoolean('includeVersions', options.includeVersions)
}

/** Prefix and delimiter are always sent: policies may ask for them (`s3:prefix`). */
export function pagingQuery(
  options: Pick<ListObjectsOptions, 'prefix' | 'recursive'>,
): QueryPair[] {
  return [
    ['encoding-type', 'url'],
    ['prefix', options.prefix ?? ''],
    ['delimiter', options.recursive === true ? '' : '/'],
  ]
}

/** MinIO lists metadata under the names of headers, in the case in which they were sent. */
export function withPlainMetadata<Entry extends VersionListingEntry | ListingEntry>(
  entries: readonly Entry[],
): readonly Entry[] {
  return entries.map((entry) => {
    if (entry.isPrefix || !('userMetadata' in entry) || entry.userMetadata === undefined) {
      return entry
    }
    return { ...entry, userMetadata: decodeMetadata(Object.entries(entry.userMetadata)) }
  })
}

/**
 * Where the next page begins. S3 says so only where there is a delimiter, and some stores never:
 * then it is behind the last name of this one.
 */
function nextMarker(sent: ListObjectsResult, page: ListObjectsResult): string | undefined {
  const marker = decodedMarker(sent.nextMarker, page.nextMarker, page.entries)
  return marker === undefined || marker === '' ? lastName(page.entries) : marker
}

/** ListObjects, version 1. */
export function listObjects(
  bucket: string,
  options: ListObjectsOptions,
): PagedRequest<ListingEntry> {
  checkListing(bucket, options)
  const query = pagingQuery(options)
  // Explicit: policies may ask for it, and version 1 has no other mark of its own.
  query.push(['max-keys', String(options.pageSize ?? maxPageSize)])
  const { startAfter } = options
  const operation = 'ListObjects'
  return {
    operation,
    page: (marker = startAfter) => ({
      operation,
      method: 'GET',
      bucket,
      query: [...query, ...markerQuery('marker', marker)],
      idempotent: true,
      answer: 'document',
      read: (reply) => {
        const sent = decodeXml(listObjectsDocument, reply.body)
        const page = decodeUrlEncoded(sent)
        const isTruncated = hasMore(reply, page.isTruncated, sent.nextMarker)
        const next = nextPage(operation, isTruncated, nextMarker(sent, page))
        const asked = { prefix: options.prefix, after: marker }
        return { entries: askedEntries(operation, page.entries, asked), next }
      },
    }),
  }
}
