import { join } from 'node:path'

import { blobsDirectory } from './directory.ts'
import { errorCode, type FileSystem } from './file-system.ts'

const quarantineDirectory = 'quarantine'

const dayMs = 24 * 60 * 60 * 1000

/** Files below the directory `blobs`. */
export interface BlobFile {
  readonly blob: string
  readonly path: string
}

/**
 * Moves blobs that no record names into the directory `quarantine`: what a crash left there. Should
 * the records turn out to be older than the blobs, such as after a restored backup, the bytes are
 * still there. Call it when the records are known to be complete.
 * @returns how many were moved
 */
export async function quarantineUnnamed(
  directory: string,
  files: FileSystem,
  isNamed: (blob: string) => boolean,
  nowMs: number,
): Promise<number> {
  const quarantine = join(directory, quarantineDirectory)
  let moved = 0
  for await (const { blob, path } of blobFiles(directory, files)) {
    if (isNamed(blob)) continue
    if (moved === 0) await files.makeDirectory(quarantine, { recursive: true })
    await files.rename(path, join(quarantine, `${nowMs}-${blob}`))
    moved += 1
  }
  return moved
}

/** The files of all blobs, also of those that no record names. */
export async function* blobFiles(directory: string, files: FileSystem): AsyncIterable<BlobFile> {
  const blobs = join(directory, blobsDirectory)
  for (const shard of await files.list(blobs)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue
    for (const blob of await files.list(join(blobs, shard))) {
      if (blob.startsWith(shard)) yield { blob, path: join(blobs, shard, blob) }
    }
  }
}

/**
 * Deletes what has been in quarantine for a day: by then the records have been found complete at
 * the start that moved it, and at this one.
 */
export async function emptyQuarantine(
  directory: string,
  files: FileSystem,
  nowMs: number,
): Promise<void> {
  const quarantine = join(directory, quarantineDirectory)
  for (const name of await namesIn(quarantine, files)) {
    const movedMs = Number(/^(\d+)-[0-9a-f]+$/.exec(name)?.[1] ?? nowMs)
    if (nowMs - movedMs >= dayMs) await files.unlink(join(quarantine, name))
  }
}

async function namesIn(directory: string, files: FileSystem): Promise<readonly string[]> {
  try {
    return await files.list(directory)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}
