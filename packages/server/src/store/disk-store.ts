import { join } from 'node:path'

import { claimDirectory } from './directory.ts'
import { openDiskDatabase, type Database } from './database.ts'
import { FileBlobs } from './file-blobs.ts'
import type { FileSystem } from './file-system.ts'
import type { Segment } from './blobs.ts'
import { objectRange, partRange, versionRange } from './key-space.ts'
import { DamagedRecordError, decodeRecord } from './records.ts'
import { assembleStore, type Store } from './store.ts'

export interface DiskStoreOptions {
  readonly directory: string
  /** See `ServerOptions.durability`. */
  readonly durability: 'durable' | 'flush'
  /** Where the directory lies. */
  readonly files: FileSystem
  /** Makes the random ids of blobs, unique for ever. */
  readonly newBlobId: () => string
}

/**
 * A store in a directory, which it makes, or finds as it left it.
 * @throws Error when the directory is not one of its own, or another server has it
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<Store> {
  const { directory, durability, files, newBlobId } = options
  const sync = durability === 'durable'
  await claimDirectory(directory, files)
  const database = await openRecords(directory, sync)
  try {
    const blobs = new FileBlobs({
      directory: join(directory, 'blobs'),
      database,
      sync,
      files,
      newId: newBlobId,
    })
    const { counts, complete } = await namedFiles(database)
    blobs.countNames(counts)
    if (complete) await blobs.sweep(counts)
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

interface NamedFiles {
  /** How many records name a file. */
  readonly counts: ReadonlyMap<string, number>
  /** Whether all records could be read. A damaged one may have named any file, so none may go. */
  readonly complete: boolean
}

async function namedFiles(database: Database): Promise<NamedFiles> {
  const counts = new Map<string, number>()
  let complete = true
  for (const range of [objectRange(), versionRange(), partRange()]) {
    for await (const [name, bytes] of database.entries(range)) {
      const segments = segmentsOf(name, bytes)
      complete &&= segments !== undefined
      for (const { place, blob } of segments ?? []) {
        if (place === 'file') counts.set(blob, (counts.get(blob) ?? 0) + 1)
      }
    }
  }
  return { counts, complete }
}

/** Undefined when the record is damaged. */
function segmentsOf(name: string, bytes: Buffer): readonly Segment[] | undefined {
  try {
    return decodeRecord<{ segments?: readonly Segment[] }>(name, bytes).segments ?? []
  } catch (error) {
    if (error instanceof DamagedRecordError) return undefined
    throw error
  }
}
