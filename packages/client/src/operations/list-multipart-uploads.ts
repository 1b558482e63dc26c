import {
  decodeUrlEncoded,
  decodeXml,
  listMultipartUploadsDocument,
  type ListMultipartUploadsResult,
  type QueryPair,
  type UploadListingEntry,
} from '@stowage/protocol'
import type { CallOptions } from '../options.ts'
import { nextPage, type PagedRequest } from '../results/listing.ts'
import { checkPaging, pagingQuery } from './list-objects.ts'
import { askedEntries, decodedMarker, hasMore, markerQuery } from './page-marker.ts'

/** Options of `listIncompleteUploads`. */
export interface ListIncompleteUploadsOptions extends CallOptions {
  /** Only uploads to keys that begin so. MinIO knows no other prefix than a whole key. */
  readonly prefix?: string | undefined
  /** All keys below the prefix; without it those behind a further `/` come as one prefix. */
  readonly recursive?: boolean | undefined
  /** Uploads in a page, 1 to 1000. Default: the store's own, 1000. */
  readonly pageSize?: number | undefined
}

/** What every upload id of Ceph begins with. */
const cephUploadId = /^2[~/]/

/** Ceph (18.2, 20.2) encodes the keys of uploads when it is asked to, and does not say that it did. */
function sayingEncoding(listing: ListMultipartUploadsResult): ListMultipartUploadsResult {
  if (listing.encodingType !== undefined) return listing
  const isCeph = listing.entries.some(
    (entry) => !entry.isPrefix && cephUploadId.test(entry.uploadId),
  )
  return isCeph ? { ...listing, encodingType: 'url' } : listing
}

/** ListMultipartUploads. */
export function listMultipartUploads(
  bucket: string,
  options: ListIncompleteUploadsOptions,
): PagedRequest<UploadListingEntry> {
  checkPaging(bucket, options)
  const { pageSize } = options
  const query: QueryPair[] = [['uploads', ''], ...pagingQuery(options)]
  if (pageSize !== undefined) query.push(['max-uploads', String(pageSize)])
  const operation = 'ListMultipartUploads'
  return {
    operation,
    page: (key, uploadId) => ({
      operation,
      method: 'GET',
      bucket,
      query: [
        ...query,
        ...markerQuery('key-marker', key),
        // Without this one, the next page would begin behind all uploads of the key.
        ...markerQuery('upload-id-marker', uploadId),
      ],
      idempotent: true,
      answer: 'document',
      read: (reply) => {
        const sent = decodeXml(listMultipartUploadsDocument, reply.body)
        const page = decodeUrlEncoded(sayingEncoding(sent))
        const nextKey = decodedMarker(sent.nextKeyMarker, page.nextKeyMarker, page.entries)
        const isTruncated = hasMore(reply, page.isTruncated, nextKey)
        const next = nextPage(operation, isTruncated, nextKey, page.nextUploadIdMarker)
        const asked = { prefix: options.prefix, after: key, isWithinKey: true }
        return { entries: askedEntries(operation, page.entries, asked), next }
      },
    }),
  }
}
