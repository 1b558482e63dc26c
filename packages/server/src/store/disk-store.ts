import { join } from 'node:path'

import { claimDirectory } from './directory.ts'
import { openDiskDatabase, type Database } from './database.ts'
import { FileBlobs } from './file-blobs.ts'
import type { Segment } from './blobs.ts'
import { objectRange, partRange, versionRange } from './key-space.ts'
import { DamagedRecordError, decodeRecord } from './records.ts'
import { assembleStore, randomId, type Store } from './store.ts'

export interface DiskStoreOptions {
  readonly directory: string
  /** See `ServerOptions.durability`. */
  readonly durability: 'durable' | 'flush'
}

/**
 * A store in a directory, which it makes, or finds as it left it.
 * @throws Error when the directory is not one of its own, or another server has it
 */
export async function openDiskStore({ directory, durability }: DiskStoreOptions): Promise<Store> {
  const sync = durability === 'durable'
  await claimDirectory(directory)
  const database = await openRecords(directory, sync)
  try {
    const blobs = new FileBlobs(join(directory, 'blobs'), database, sync, randomId)
    const named = await namedFiles(database)
    if (named !== undefined) await blobs.sweep(named)
    return await assembleStore(database, blobs)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function openRecords(directory: string, sync: boolean): Promise<Database> {
  try {
    return await openDiskDatabase(join(directory, 'records'), sync)
  } catch (error) {
    if (!isLocked(error)) throw error
    throw new Error(`another server has the directory ${directory} open`, { cause: error })
  }
}

function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED'
}

/**
 * The blobs in files that records name; undefined when a record is damaged: it may have named any
 * of them, so none is removed.
 */
async function namedFiles(database: Database): Promise<ReadonlySet<string> | undefined> {
  const named = new Set<string>()
  try {
    for (const range of [objectRange(), versionRange(), partRange()]) {
      for await (const [name, bytes] of database.entries(range)) {
        const { segments = [] } = decodeRecord<{ segments?: readonly Segment[] }>(name, bytes)
        for (const { place, blob } of segments) if (place === 'file') named.add(blob)
      }
    }
    return named
  } catch (error) {
    if (error instanceof DamagedRecordError) return undefined
    throw error
  }
}
