import { crc32 } from 'node:zlib'

import type { Segment } from '../blobs.ts'
import type { Database, Write } from '../database.ts'
import {
  commitsName,
  isSmallBlobName,
  nullVersionRange,
  objectRange,
  partRange,
  partsOfKeyedName,
  smallBlobName,
  smallBlobRange,
  uploadRange,
  versionRange,
} from '../key-space.ts'
import { salvage } from '../level/salvage.ts'
import { DamagedRecordError, decodeRecord } from '../records.ts'
import { startsName } from '../store.ts'

const batchWrites = 500

/**
 * Copies the newest intact state of every record out of damaged files of LevelDB.
 * @returns how many there were
 */
export async function copyIntactRecords(location: string, database: Database): Promise<number> {
  const newest = await newestSequences(location)
  const batch = new Batches(database)
  let records = 0
  for await (const { key, value, sequence } of salvage(location)) {
    const latin = key.toString('latin1')
    if (value === undefined || newest.get(latin) !== sequence) continue
    // A record may stand in a log and in a table.
    newest.delete(latin)
    const name = key.toString()
    if (!isKept(name, value)) continue
    records += 1
    await batch.add({ type: 'put', key: name, value: Buffer.from(value) })
  }
  await batch.flush()
  return records
}

/** The sequence of the newest change of each record, by its name in Latin-1. */
async function newestSequences(location: string): Promise<Map<string, number>> {
  const newest = new Map<string, number>()
  for await (const { key, sequence } of salvage(location)) {
    const latin = key.toString('latin1')
    if (sequence > (newest.get(latin) ?? -1)) newest.set(latin, sequence)
  }
  return newest
}

/** Where null versions are, and how many starts and commits there were, is found anew. */
const foundAnew: readonly string[] = [nullVersionRange().gte, startsName, commitsName]

function isKept(name: string, value: Buffer): boolean {
  if (foundAnew.some((start) => name.startsWith(start))) return false
  // Bytes of a small object are compared with the record that names them.
  if (isSmallBlobName(name)) return true
  try {
    decodeRecord(name, value)
    return true
  } catch (error) {
    if (error instanceof DamagedRecordError) return false
    throw error
  }
}

/** Writes many records without keeping them all in memory. */
export class Batches {
  readonly #database: Database
  #writes: Write[] = []

  constructor(database: Database) {
    this.#database = database
  }

  async add(...writes: readonly Write[]): Promise<void> {
    this.#writes.push(...writes)
    if (this.#writes.length >= batchWrites) await this.flush()
  }

  async flush(): Promise<void> {
    const writes = this.#writes
    this.#writes = []
    if (writes.length > 0) await this.#database.commit(writes)
  }
}

/**
 * Drops the records whose bytes are gone.
 * @param isPresent whether there is a file of a blob
 * @param lost is told the name of each record that is dropped
 * @returns the blobs that records name
 */
export async function dropWithoutBytes(
  database: Database,
  isPresent: (blob: string) => boolean,
  lost: (name: string, record: object) => void,
): Promise<ReadonlySet<string>> {
  const named = new Set<string>()
  const batch = new Batches(database)
  for (const range of [objectRange(), versionRange(), partRange()]) {
    for await (const [name, bytes] of database.entries(range)) {
      const record = decodeRecord<{ readonly segments?: readonly Segment[] }>(name, bytes)
      const { segments = [] } = record
      if (await hasBytes(database, segments, isPresent)) {
        for (const { blob } of segments) named.add(blob)
      } else {
        lost(name, record)
        await batch.add({ type: 'del', key: name })
      }
    }
  }
  await batch.flush()
  return named
}

/** Drops the parts whose upload has no record; blobs that are files tell of it themselves. */
export async function dropPartsWithoutUpload(
  database: Database,
  lost: (name: string, record: object) => void,
): Promise<void> {
  const uploads = new Set<string>()
  for await (const [name] of database.entries(uploadRange())) {
    const [, bucket = ''] = name.split('\0')
    uploads.add(partsOfKeyedName(bucket, name).rest)
  }
  const batch = new Batches(database)
  for await (const [name, bytes] of database.entries(partRange())) {
    const [, uploadId = ''] = name.split('\0')
    if (uploads.has(uploadId)) continue
    lost(name, decodeRecord(name, bytes))
    await batch.add({ type: 'del', key: name })
  }
  await batch.flush()
}

/** Drops the bytes of small objects that no record names. */
export async function dropUnnamedBytes(database: Database): Promise<void> {
  const named = new Set<string>()
  for (const range of [objectRange(), versionRange(), partRange()]) {
    for await (const [name, bytes] of database.entries(range)) {
      const { segments = [] } = decodeRecord<{ segments?: readonly Segment[] }>(name, bytes)
      for (const { place, blob } of segments) if (place === 'level') named.add(smallBlobName(blob))
    }
  }
  const batch = new Batches(database)
  for await (const [name] of database.entries(smallBlobRange())) {
    if (!named.has(name)) await batch.add({ type: 'del', key: name })
  }
  await batch.flush()
}

async function hasBytes(
  database: Database,
  segments: readonly Segment[],
  isPresent: (blob: string) => boolean,
): Promise<boolean> {
  for (const { place, blob, crc32: expected } of segments) {
    if (place === 'file') {
      if (!isPresent(blob)) return false
    } else {
      const bytes = await database.get(smallBlobName(blob))
      if (bytes === undefined || crc32(bytes) !== expected) return false
    }
  }
  return true
}
