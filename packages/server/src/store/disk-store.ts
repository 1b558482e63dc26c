import { join } from 'node:path'

import { blobsDirectory, claimDirectory, finishDirectory, recordsDirectory } from './directory.ts'
import { DamagedDirectoryError } from './damage.ts'
import type { Database } from './database.ts'
import { DiskDatabase } from './disk-database.ts'
import { FileBlobs } from './file-blobs.ts'
import type { FileSystem } from './file-system.ts'
import type { Segment } from './blobs.ts'
import { objectRange, partRange, versionRange } from './key-space.ts'
import { emptyQuarantine, quarantineUnnamed } from './quarantine.ts'
import { DamagedRecordError, decodeRecord } from './records.ts'
import { removeUnusedRepair, repairDirectory } from './repair/repair-directory.ts'
import { filesWithRoom } from './reserve.ts'
import { assembleStore, type Store } from './store.ts'

export interface DiskStoreOptions {
  readonly directory: string
  /** See `ServerOptions.durability`. */
  readonly durability: 'durable' | 'flush'
  /** Region of buckets that a repair makes again. */
  readonly region: string
  /** Whether to rebuild what can be rebuilt when the directory is damaged. */
  readonly repair: boolean
  readonly now: () => Date
  /** Told of failures of the disk. */
  readonly report: (error: unknown) => void
  /** Where the directory lies. */
  readonly files: FileSystem
  /** Makes the random ids of blobs, unique for ever. */
  readonly newBlobId: () => string
}

/**
 * A store in a directory, which it makes, or finds as it left it.
 * @throws DamagedDirectoryError when files of the directory are damaged or missing, and `repair` is
 *   not set
 * @throws Error when the directory is not one of its own, or another server has it
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<Store> {
  const { directory, files, repair, newBlobId } = options
  const isNew = (await claimDirectory(directory, files, repair)) === 'new'
  try {
    return await openClaimed(options, isNew)
  } catch (error) {
    if (!repair || !(error instanceof DamagedDirectoryError)) throw error
    const { damage } = error
    const repaired = await repairDirectory({ ...options, damage, newId: newBlobId })
    return { ...(await openClaimed(options, false)), repaired }
  }
}

async function openClaimed(options: DiskStoreOptions, isNew: boolean): Promise<Store> {
  const { directory, durability, report, files, newBlobId } = options
  const sync = durability === 'durable'
  const database = await DiskDatabase.open({ directory, sync, isNew, report })
  try {
    if (isNew) await finishDirectory(directory, files)
    await removeUnusedRepair(directory)
    const blobs = new FileBlobs({
      directory: join(directory, blobsDirectory),
      database,
      sync,
      files: filesWithRoom(files, () => database.hasRoom()),
      newId: newBlobId,
    })
    const counts = await namedFiles(database)
    blobs.countNames(counts)
    const store = await assembleStore(database, blobs)
    // A disk that is full must not keep a server from starting: what is left is tidied up later.
    await tidyUp(options, (blob) => counts.has(blob)).catch(report)
    return store
  } catch (error) {
    await database.close()
    if (!(error instanceof DamagedRecordError)) throw error
    const problem = error.message
    throw new DamagedDirectoryError(directory, [{ file: recordsDirectory, problem }])
  }
}

async function tidyUp(
  { directory, files, now }: DiskStoreOptions,
  isNamed: (blob: string) => boolean,
): Promise<void> {
  const nowMs = now().getTime()
  await emptyQuarantine(directory, files, isNamed, nowMs)
  await quarantineUnnamed(directory, files, isNamed, nowMs)
}

/**
 * How many records name each file.
 * @throws DamagedRecordError: a record that cannot be read may name any file
 */
async function namedFiles(database: Database): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const range of [objectRange(), versionRange(), partRange()]) {
    for await (const [name, bytes] of database.entries(range)) {
      const { segments = [] } = decodeRecord<{ segments?: readonly Segment[] }>(name, bytes)
      for (const { place, blob } of segments) {
        if (place === 'file') counts.set(blob, (counts.get(blob) ?? 0) + 1)
      }
    }
  }
  return counts
}
