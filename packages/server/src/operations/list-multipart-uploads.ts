import {
  encodeUrlEncoded,
  listMultipartUploadsDocument,
  type ListMultipartUploadsResult,
  type UploadListingEntry,
} from '@stowage/protocol'

import type { Reply } from '../http/reply.ts'
import type { RowEntry } from '../store/row-listing.ts'
import type { UploadRecord } from '../store/uploads.ts'
import { listingParameters } from './listing-page.ts'
import type { Operation, OperationContext } from './operation.ts'
import { owner } from './owner.ts'
import { wholeNumberParameter } from './parameters.ts'
import { xmlReply } from './xml.ts'

const maxPageUploads = 1000

export const listMultipartUploads: Operation = {
  action: 's3:ListBucketMultipartUploads',
  hasBody: false,
  run,
}

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket, query } = context
  const { prefix, delimiter, urlEncoded } = listingParameters(context)
  const bounds = { min: 0, max: 2_147_483_647 }
  const asked = wholeNumberParameter(query, 'max-uploads', bounds) ?? maxPageUploads
  const maxUploads = Math.min(asked, maxPageUploads)
  server.store.buckets.get(bucket)
  const keyMarker = query.get('key-marker') ?? ''
  // Like S3: without a key the marker of the upload counts for nothing.
  const uploadIdMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '')
  const page = await server.store.uploads.list(bucket, {
    prefix,
    delimiter,
    keyMarker,
    uploadIdMarker: uploadIdMarker === '' ? undefined : uploadIdMarker,
    limit: maxUploads,
  })
  const last = page.truncated ? page.entries.at(-1) : undefined
  const result: ListMultipartUploadsResult = {
    bucket,
    prefix,
    delimiter: delimiter === '' ? undefined : delimiter,
    keyMarker,
    uploadIdMarker,
    nextKeyMarker: last?.key,
    nextUploadIdMarker: last?.kind === 'row' ? last.value.uploadId : undefined,
    maxUploads,
    isTruncated: page.truncated,
    entries: page.entries.map((entry) => documentEntry(entry)),
  }
  return xmlReply(listMultipartUploadsDocument, urlEncoded ? encodeUrlEncoded(result) : result)
}

function documentEntry(entry: RowEntry<UploadRecord>): UploadListingEntry {
  if (entry.kind === 'prefix') return { isPrefix: true, prefix: entry.key }
  const { uploadId, initiatedMs, attributes, checksumAlgorithm, checksumType } = entry.value
  return {
    isPrefix: false,
    object: entry.key,
    uploadId,
    initiator: owner,
    owner,
    storageClass: attributes.storageClass,
    initiated: new Date(initiatedMs),
    checksumAlgorithm,
    checksumType,
  }
}
