import { decodeXml, listBucketsDocument, type QueryPair } from '@stowage/protocol'
import { checkText } from '../checks.ts'
import type { FetchedPage } from '../results/listing.ts'
import type { CallOptions } from '../options.ts'
import { replyText } from '../request/reply.ts'
import type { S3Request } from '../request/request.ts'

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

export function checkListBuckets(options: ListBucketsOptions): void {
  if (options.prefix !== undefined) checkText('prefix', options.prefix)
}

/**
 * ListBuckets. Stores that know no paging send everything at once and ignore the prefix, so
 * it is applied here as well.
 */
export function listBuckets(
  options: ListBucketsOptions,
  token: string | undefined,
): S3Request<FetchedPage<Bucket, string>> {
  const { prefix } = options
  const query: QueryPair[] = []
  if (prefix !== undefined) query.push(['prefix', prefix])
  if (token !== undefined) query.push(['continuation-token', token])
  return {
    operation: 'ListBuckets',
    method: 'GET',
    query,
    idempotent: true,
    read: (reply) => {
      const { buckets, continuationToken } = decodeXml(listBucketsDocument, replyText(reply))
      const entries: Bucket[] = []
      for (const { name, creationDate, bucketRegion } of buckets) {
        if (prefix === undefined || name.startsWith(prefix)) {
          entries.push({ name, creationDate, region: bucketRegion })
        }
      }
      return { entries, next: continuationToken === '' ? undefined : continuationToken }
    },
  }
}
