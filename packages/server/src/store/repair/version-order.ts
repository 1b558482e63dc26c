import type { Database } from '../database.ts'
import { objectRange, partsOfKeyedName, versionRange } from '../key-space.ts'
import { KeyVersions, nullVersionId } from '../key-versions.ts'
import type { VersionRecord } from '../object-record.ts'
import { decodeRecord } from '../records.ts'

/**
 * Puts the versions of every key in order again. After records were lost, an earlier state of the
 * current version may stand beside newer ones, the newest may not be the current one, and nothing
 * says where the `null` versions are.
 * @returns the largest sequence of all versions
 */
export async function restoreVersionOrder(database: Database): Promise<number> {
  let largest = 0
  for await (const [name, bytes] of database.entries(objectRange())) {
    largest = Math.max(largest, decodeRecord<VersionRecord>(name, bytes).sequence)
  }
  let previous = ''
  for await (const [name, bytes] of database.entries(versionRange())) {
    largest = Math.max(largest, decodeRecord<VersionRecord>(name, bytes).sequence)
    const [, bucket = ''] = name.split('\0')
    const { key, rest } = partsOfKeyedName(bucket, name)
    const start = name.slice(0, name.length - rest.length)
    if (start !== previous) await restoreKey(database, bucket, key)
    previous = start
  }
  return largest
}

async function restoreKey(database: Database, bucket: string, key: string): Promise<void> {
  const versions = new KeyVersions(database, bucket, key)
  const current = await versions.current()
  const older = await versions.older(Infinity)
  const all = inOrder(current === undefined ? older : [current, ...older])
  const kept = withOneNull(all)
  for (const record of older) versions.takeFromBehind(record)
  if (current !== undefined) versions.leaveCurrent()
  for (const [index, record] of kept.entries()) {
    if (index === 0 && record.deleteMarker === undefined) versions.makeCurrent(record)
    else versions.keepBehind(record)
  }
  await database.commit(versions.writes)
}

/** Newest first, each once. */
function inOrder(records: readonly VersionRecord[]): readonly VersionRecord[] {
  const bySequence = new Map(records.map((record) => [record.sequence, record]))
  return [...bySequence.values()].sort((a, b) => b.sequence - a.sequence)
}

/** A key has one `null` version at most: an older one was replaced. */
function withOneNull(records: readonly VersionRecord[]): readonly VersionRecord[] {
  const newest = records.find(({ versionId }) => versionId === nullVersionId)
  return records.filter((record) => record.versionId !== nullVersionId || record === newest)
}
