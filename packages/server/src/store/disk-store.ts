import { join } from 'node:path'

import { blobsDirectory, claimDirectory, finishDirectory, recordsDirectory } from './directory.ts'
import { DamagedDirectoryError } from './damage.ts'
import type { Database } from './database.ts'
import { DiskDatabase } from './disk-database.ts'
import { FileBlobs } from './file-blobs.ts'
import { systemFiles, type FileSystem } from './file-system.ts'
import type { Segment } from './blobs.ts'
import { objectRange, partRange, versionRange } from './key-space.ts'
import { emptyQuarantine, quarantineUnnamed } from './quarantine.ts'
import { DamagedRecordError, decodeRecord } from './records.ts'
import { filesWithRoom } from './reserve.ts'
import { assembleStore, randomId, type Store } from './store.ts'

export interface DiskStoreOptions {
  readonly directory: string
  /** See `ServerOptions.durability`. */
  readonly durability: 'durable' | 'flush'
  readonly now: () => Date
  /** Told of failures of the disk. */
  readonly report: (error: unknown) => void
  /** Where the directory lies. Default: the file system of the machine. */
  readonly files?: FileSystem | undefined
}

/**
 * A store in a directory, which it makes, or finds as it left it.
 * @throws DamagedDirectoryError when files of the directory are damaged or missing
 * @throws Error when the directory is not one of its own, or another server has it
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<Store> {
  const { directory, durability, now, report, files = systemFiles } = options
  const sync = durability === 'durable'
  const isNew = (await claimDirectory(directory, files)) === 'new'
  const database = await DiskDatabase.open({ directory, sync, isNew, report })
  try {
    if (isNew) await finishDirectory(directory, files)
    const blobs = new FileBlobs({
      directory: join(directory, blobsDirectory),
      database,
      sync,
      files: filesWithRoom(files, () => database.hasRoom()),
      newId: randomId,
    })
    const counts = await namedFiles(directory, database)
    blobs.countNames(counts)
    const nowMs = now().getTime()
    await emptyQuarantine(directory, files, nowMs)
    await quarantineUnnamed(directory, files, (blob) => counts.has(blob), nowMs)
    return await assembleStore(database, blobs)
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * How many records name each file.
 * @throws DamagedDirectoryError: a record that cannot be read may name any file
 */
async function namedFiles(
  directory: string,
  database: Database,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const range of [objectRange(), versionRange(), partRange()]) {
    for await (const [name, bytes] of database.entries(range)) {
      for (const { place, blob } of segmentsOf(directory, name, bytes)) {
        if (place === 'file') counts.set(blob, (counts.get(blob) ?? 0) + 1)
      }
    }
  }
  return counts
}

function segmentsOf(directory: string, name: string, bytes: Buffer): readonly Segment[] {
  try {
    return decodeRecord<{ segments?: readonly Segment[] }>(name, bytes).segments ?? []
  } catch (error) {
    if (!(error instanceof DamagedRecordError)) throw error
    throw new DamagedDirectoryError(directory, [{ file: recordsDirectory, problem: error.message }])
  }
}
