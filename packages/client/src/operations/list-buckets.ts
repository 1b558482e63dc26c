import { decodeXml, listBucketsDocument, type QueryPair } from '@stowage/protocol'
import { checkText } from '../checks.ts'
import { nextPage, type PagedRequest } from '../results/listing.ts'
import type { CallOptions } from '../options.ts'

import { markerQuery } from './page-marker.ts'

/** Options of `listBuckets`. */
export interface ListBucketsOptions extends CallOptions {
  /** Only buckets whose names begin so. */
  readonly prefix?: string | undefined
}

/** A bucket in a listing. */
export interface Bucket {
  readonly name: string
  readonly creationDate: Date | undefined
  /** Where stores tell it. */
  readonly region: string | undefined
}

/**
 * ListBuckets. Stores that know no paging send everything at once and ignore the prefix, so
 * it is applied here as well.
 */
export function listBuckets(options: ListBucketsOptions): PagedRequest<Bucket> {
  const { prefix } = options
  if (prefix !== undefined) checkText('prefix', prefix)
  const query: QueryPair[] = prefix === undefined ? [] : [['prefix', prefix]]
  const operation = 'ListBuckets'
  return {
    operation,
    page: (token) => ({
      operation,
      method: 'GET',
      query: [...query, ...markerQuery('continuation-token', token)],
      idempotent: true,
      answer: 'document',
      read: (reply) => {
        const { buckets, continuationToken } = decodeXml(listBucketsDocument, reply.body)
        const entries: Bucket[] = []
        for (const { name, creationDate, bucketRegion } of buckets) {
          if (prefix === undefined || name.startsWith(prefix)) {
            entries.push({ name, creationDate, region: bucketRegion })
          }
        }
        const isTruncated = continuationToken !== undefined && continuationToken !== ''
        return { entries, next: nextPage(operation, isTruncated, continuationToken) }
      },
    }),
  }
}
