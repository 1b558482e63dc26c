import {
  encodeUrlEncoded,
  listObjectVersionsDocument,
  type ListObjectVersionsResult,
  type VersionListingEntry,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import { nullVersionId } from '../store/key-versions.ts'
import { descendingOrder, isOrderedId, orderOfId } from '../store/ordered-ids.ts'
import type { RowEntry } from '../store/row-listing.ts'
import type { ListedVersion } from '../store/version-listing.ts'
import { listingParameters, objectProperties } from './listing-page.ts'
import type { Operation, OperationContext } from './operation.ts'
import { owner } from './owner.ts'
import { invalidArgument } from './parameters.ts'
import { xmlReply } from './xml.ts'

export const listObjectVersions: Operation = {
  action: 's3:ListBucketVersions',
  hasBody: false,
  run,
}

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket, query } = context
  const { prefix, delimiter, maxKeys, urlEncoded } = listingParameters(context)
  server.store.buckets.get(bucket)
  const keyMarker = query.get('key-marker') ?? ''
  const versionIdMarker = query.get('version-id-marker') ?? ''
  const orderMarker = await orderOfMarker(context, keyMarker, versionIdMarker)
  const page = await server.store.listVersions(bucket, {
    prefix,
    delimiter,
    keyMarker,
    orderMarker,
    limit: maxKeys,
  })
  const last = page.truncated ? page.entries.at(-1) : undefined
  const result: ListObjectVersionsResult = {
    name: bucket,
    prefix,
    delimiter: delimiter === '' ? undefined : delimiter,
    keyMarker,
    versionIdMarker,
    nextKeyMarker: last?.key,
    nextVersionIdMarker: last?.kind === 'row' ? last.value.record.versionId : undefined,
    maxKeys,
    isTruncated: page.truncated,
    entries: page.entries.map((entry) => documentEntry(entry)),
  }
  return xmlReply(listObjectVersionsDocument, urlEncoded ? encodeUrlEncoded(result) : result)
}

/**
 * Where the page begins among the versions of the marker's key. An id tells its own place, also
 * when its version has been removed since; without the `null` version the key is begun again.
 */
async function orderOfMarker(
  { server, bucket }: OperationContext,
  keyMarker: string,
  versionIdMarker: string,
): Promise<string | undefined> {
  if (versionIdMarker === '') return undefined
  if (keyMarker === '') {
    throw new S3Failure('InvalidArgument', {
      message: 'A version-id marker cannot be specified without a key marker.',
      extra: { ArgumentName: 'version-id-marker', ArgumentValue: versionIdMarker },
    })
  }
  if (isOrderedId(versionIdMarker)) return orderOfId(versionIdMarker)
  if (versionIdMarker !== nullVersionId) throw invalidArgument('version-id-marker', versionIdMarker)
  const record = await server.store.objects.findVersion(bucket, keyMarker, nullVersionId)
  return record === undefined ? '' : descendingOrder(record.sequence)
}

function documentEntry(entry: RowEntry<ListedVersion>): VersionListingEntry {
  if (entry.kind === 'prefix') return { isPrefix: true, prefix: entry.key }
  const { record, isLatest } = entry.value
  const { versionId } = record
  const common = { isPrefix: false, object: entry.key, versionId, isLatest, owner } as const
  if (record.deleteMarker === true) {
    return { ...common, isDeleteMarker: true, lastModified: new Date(record.lastModifiedMs) }
  }
  return { ...common, isDeleteMarker: false, ...objectProperties(record, true) }
}
