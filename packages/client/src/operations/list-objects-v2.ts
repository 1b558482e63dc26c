import {
  decodeMetadata,
  decodeUrlEncoded,
  decodeXml,
  listObjectsV2Document,
  type ListingEntry,
  type QueryPair,
} from '@stowage/protocol'
import { checkBoolean, checkBucket, checkInteger, checkText } from '../checks.ts'
import { InvalidResponseError } from '../errors.ts'
import type { FetchedPage } from '../results/listing.ts'
import type { CallOptions } from '../options.ts'
import { replyText } from '../request/reply.ts'
import type { S3Request } from '../request/request.ts'

/** Options of `listObjectsV2`. */
export interface ListObjectsV2Options extends CallOptions {
  /** Only keys that begin so. */
  readonly prefix?: string | undefined
  /** All keys below the prefix; without it those behind a further `/` come as one prefix. */
  readonly recursive?: boolean | undefined
  /** Only keys behind this one, in the order of their UTF-8 bytes. */
  readonly startAfter?: string | undefined
  /** User metadata and tags with each entry: MinIO only, other stores leave them out. */
  readonly includeUserMetadata?: boolean | undefined
  /** The owner with each entry. */
  readonly fetchOwner?: boolean | undefined
  /** Entries in a page, 1 to 1000. Default: the store's own, 1000. */
  readonly pageSize?: number | undefined
}

const maxPageSize = 1000

export function checkListObjectsV2(bucket: string, options: ListObjectsV2Options): void {
  checkBucket(bucket)
  if (options.prefix !== undefined) checkText('prefix', options.prefix)
  if (options.startAfter !== undefined) checkText('startAfter', options.startAfter)
  if (options.pageSize !== undefined) checkInteger('pageSize', options.pageSize, 1, maxPageSize)
  checkBoolean('recursive', options.recursive)
  checkBoolean('includeUserMetadata', options.includeUserMetadata)
  checkBoolean('fetchOwner', options.fetchOwner)
}

/** Prefix and delimiter are always sent: policies may ask for them (`s3:prefix`). */
function listQuery(options: ListObjectsV2Options, token: string | undefined): QueryPair[] {
  const query: QueryPair[] = [
    ['list-type', '2'],
    ['encoding-type', 'url'],
    ['prefix', options.prefix ?? ''],
    ['delimiter', options.recursive === true ? '' : '/'],
  ]
  if (options.pageSize !== undefined) query.push(['max-keys', String(options.pageSize)])
  if (options.startAfter !== undefined) query.push(['start-after', options.startAfter])
  if (options.fetchOwner === true) query.push(['fetch-owner', 'true'])
  if (options.includeUserMetadata === true) query.push(['metadata', 'true'])
  if (token !== undefined) query.push(['continuation-token', token])
  return query
}

/** MinIO lists metadata under the names of headers, in the case in which they were sent. */
function plainMetadata(entry: ListingEntry): ListingEntry {
  if (entry.isPrefix || entry.userMetadata === undefined) return entry
  return { ...entry, userMetadata: decodeMetadata(Object.entries(entry.userMetadata)) }
}

/** ListObjectsV2, one page. */
export function listObjectsV2(
  bucket: string,
  options: ListObjectsV2Options,
  token: string | undefined,
): S3Request<FetchedPage<ListingEntry, string>> {
  return {
    operation: 'ListObjectsV2',
    method: 'GET',
    bucket,
    query: listQuery(options, token),
    idempotent: true,
    read: (reply) => {
      const page = decodeUrlEncoded(decodeXml(listObjectsV2Document, replyText(reply)))
      const { isTruncated, nextContinuationToken: next } = page
      if (isTruncated && (next === undefined || next === '')) {
        throw new InvalidResponseError('ListObjectsV2', 'a page with more to come has no token')
      }
      const entries =
        options.includeUserMetadata === true ? page.entries.map(plainMetadata) : page.entries
      return { entries, next: isTruncated ? next : undefined }
    },
  }
}
