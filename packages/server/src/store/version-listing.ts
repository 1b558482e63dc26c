import type { ByteRange, Database } from './database.ts'
import {
  keyedPrefix,
  objectName,
  partsOfKeyedName,
  versionName,
  versionRange,
} from './key-space.ts'
import { KeyVersions } from './key-versions.ts'
import type { VersionRecord } from './object-record.ts'
import { descendingOrder } from './ordered-ids.ts'
import { decodeRecord } from './records.ts'
import { behindAll, listRows, rangeFrom, type RowPage, type RowQuery } from './row-listing.ts'

export interface VersionQuery extends RowQuery {
  /**
   * Of the versions of `keyMarker` only those behind this order; absent: none of them. The empty
   * text stands before all.
   */
  readonly orderMarker: string | undefined
}

export interface ListedVersion {
  readonly record: VersionRecord
  readonly isLatest: boolean
}

/** One page of the versions of a bucket: by key, newest first. */
export async function listVersions(
  database: Database,
  bucket: string,
  query: VersionQuery,
): Promise<RowPage<ListedVersion>> {
  const currentStart = (prefix: string): string => objectName(bucket, prefix)
  const olderStart = (prefix: string): string => keyedPrefix('v', bucket, prefix)
  const { keyMarker, orderMarker } = query
  // The versions before the marker may have gone since the page before, so the page cannot tell.
  const latest =
    orderMarker === undefined
      ? undefined
      : await new KeyVersions(database, bucket, keyMarker).latest()
  /** The key whose latest version has been met. */
  let latestOf: string | undefined
  return listRows(
    database,
    [
      {
        range: currentRange(bucket, query),
        parse: (name) => ({ key: name.slice(currentStart('').length), order: '' }),
        start: currentStart,
      },
      {
        range: olderRange(bucket, query),
        parse: (name) => {
          const { key, rest } = partsOfKeyedName(bucket, name)
          return { key, order: rest }
        },
        start: olderStart,
      },
    ],
    query,
    ({ key, order, name, bytes }) => {
      const record = decodeRecord<VersionRecord>(name, bytes)
      const isOfMarker = key === keyMarker && orderMarker !== undefined
      // The current version was on the page before, unless it became that since.
      const isBefore = isOfMarker && order === '' && descendingOrder(record.sequence) <= orderMarker
      if (isBefore) return undefined
      const isLatest = isOfMarker ? record.sequence === latest?.sequence : key !== latestOf
      latestOf = key
      return { record, isLatest }
    },
  )
}

function currentRange(bucket: string, { prefix, keyMarker, orderMarker }: VersionQuery): ByteRange {
  const lt = behindAll(objectName(bucket, prefix))
  const first = Buffer.from(objectName(bucket, prefix))
  const marker = Buffer.from(objectName(bucket, keyMarker))
  if (keyMarker === '' || Buffer.compare(marker, first) < 0) return rangeFrom(first, false, lt)
  return rangeFrom(marker, orderMarker === undefined, lt)
}

function olderRange(bucket: string, { prefix, keyMarker, orderMarker }: VersionQuery): ByteRange {
  const start = keyedPrefix('v', bucket, prefix)
  const lt = behindAll(start)
  const first = Buffer.from(start)
  const marker = Buffer.from(
    orderMarker === undefined
      ? versionRange(bucket, keyMarker).lt
      : versionName(bucket, keyMarker, orderMarker),
  )
  if (keyMarker === '' || Buffer.compare(marker, first) < 0) return rangeFrom(first, false, lt)
  return rangeFrom(marker, true, lt)
}
