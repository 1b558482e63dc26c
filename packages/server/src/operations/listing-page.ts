import type { ListingEntry as DocumentEntry, ObjectProperties } from '@stowage/protocol'

import { authorize } from '../authorize.ts'
import type { ListingEntry, ListingPage } from '../store/listing.ts'
import type { ObjectRecord } from '../store/object-record.ts'
import { WorkSlices } from '../work-slices.ts'
import type { OperationContext } from './operation.ts'
import { owner } from './owner.ts'
import { invalidArgument, wholeNumberParameter } from './parameters.ts'

/** S3's page size, also for those who ask for more. */
const maxPageKeys = 1000

/** The parameters that both versions of ListObjects have. */
export interface ListingParameters {
  readonly prefix: string
  readonly delimiter: string
  readonly maxKeys: number
  /** Whether names are to be percent-encoded, because XML cannot hold every key. */
  readonly urlEncoded: boolean
}

/** @throws S3Failure InvalidArgument */
export function listingParameters({ query }: OperationContext): ListingParameters {
  const encodingType = query.get('encoding-type')
  if (encodingType !== undefined && encodingType !== '' && encodingType.toLowerCase() !== 'url') {
    throw invalidArgument('encoding-type', encodingType)
  }
  const bounds = { min: 0, max: 2_147_483_647 }
  const maxKeys = wholeNumberParameter(query, 'max-keys', bounds) ?? maxPageKeys
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: Math.min(maxKeys, maxPageKeys),
    urlEncoded: encodingType !== undefined && encodingType !== '',
  }
}

/** One page, from the entry behind `after`. */
export function readPage(
  { server, bucket }: OperationContext,
  parameters: ListingParameters,
  after: string,
): Promise<ListingPage> {
  server.store.buckets.get(bucket)
  const { prefix, delimiter, maxKeys: limit } = parameters
  return server.store.list(bucket, { prefix, delimiter, after, limit })
}

/** The entries as the documents have them. */
export function documentEntries(page: ListingPage, withOwner: boolean): readonly DocumentEntry[] {
  return page.entries.map((entry) => documentEntry(entry, withOwner))
}

/**
 * MinIO's `metadata=true`: the entries with metadata and tags, as far as the sender may read them
 * of each object.
 */
export async function entriesWithMetadata(
  context: OperationContext,
  page: ListingPage,
  withOwner: boolean,
): Promise<readonly DocumentEntry[]> {
  const entries: DocumentEntry[] = []
  const slices = new WorkSlices(context.server.turns)
  for (const entry of page.entries) {
    if (slices.isOver) await slices.nextTurn()
    entries.push(entryWithMetadata(context, entry, withOwner))
  }
  return entries
}

function entryWithMetadata(
  context: OperationContext,
  entry: ListingEntry,
  withOwner: boolean,
): DocumentEntry {
  const listed = documentEntry(entry, withOwner)
  if (entry.kind === 'prefix' || listed.isPrefix) return listed
  const may = (action: string): boolean =>
    authorize(context, { action, bucket: context.bucket, key: entry.name }) === undefined
  return {
    ...listed,
    userMetadata: may('s3:GetObject') ? metadataOf(entry.record) : undefined,
    userTags: may('s3:GetObjectTagging') ? entry.record.tagging : undefined,
  }
}

/** Headers as MinIO lists them: user metadata with its prefix, beside the kept headers. */
function metadataOf({ headers, metadata }: ObjectRecord): Readonly<Record<string, string>> {
  const entries = [
    ...headers,
    ...metadata.map(([name, value]) => [`X-Amz-Meta-${name}`, value] as const),
  ]
  // A value of a header has one character per byte.
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Buffer.from(value, 'latin1').toString('utf8')]),
  )
}

function documentEntry(entry: ListingEntry, withOwner: boolean): DocumentEntry {
  if (entry.kind === 'prefix') return { isPrefix: true, prefix: entry.name }
  return { isPrefix: false, object: entry.name, ...objectProperties(entry.record, withOwner) }
}

/** What all listings tell of an object. */
export function objectProperties(record: ObjectRecord, withOwner: boolean): ObjectProperties {
  return {
    lastModified: new Date(record.lastModifiedMs),
    etag: record.etag,
    sizeBytes: record.sizeBytes,
    storageClass: record.storageClass,
    owner: withOwner ? owner : undefined,
    ...checksumProperties(record),
  }
}

function checksumProperties(
  record: ObjectRecord,
): Pick<ObjectProperties, 'checksumAlgorithm' | 'checksumType'> {
  if (record.checksums.length === 0) return {}
  const names = record.checksums.map(([name]) => name.slice('x-amz-checksum-'.length).toUpperCase())
  return { checksumAlgorithm: names, checksumType: record.checksumType ?? 'FULL_OBJECT' }
}
