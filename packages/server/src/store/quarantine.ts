import { join } from 'node:path'

import { blobsDirectory } from './directory.ts'
import { errorCode, type FileSystem } from './file-system.ts'

const quarantineDirectory = 'quarantine'

/** How the names of directories begin in which a repair keeps damaged records. */
export const damagedRecordsPrefix = 'damaged-records-'

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

/** A file in quarantine. */
interface QuarantinedBlob extends BlobFile {
  readonly movedMs: number
}

/**
 * Brings back what a record names: the records that were there when it was moved were not the
 * newest ones. Of the rest, deletes what has been in quarantine for a day: by then the records have
 * been found complete at the start that moved it, and at this one. After a repair they may be
 * incomplete for ever, so nothing is deleted while damaged records are kept.
 */
export async function emptyQuarantine(
  directory: string,
  files: FileSystem,
  isNamed: (blob: string) => boolean,
  nowMs: number,
): Promise<void> {
  const quarantined = await quarantinedBlobs(directory, files)
  if (quarantined.length === 0) return
  const names = await files.list(directory)
  const areComplete = !names.some((name) => name.startsWith(damagedRecordsPrefix))
  for (const found of quarantined) {
    if (isNamed(found.blob)) await bringBack(directory, files, found)
    else if (areComplete && nowMs - found.movedMs >= dayMs) await files.unlink(found.path)
  }
}

async function bringBack(
  directory: string,
  files: FileSystem,
  { blob, path }: BlobFile,
): Promise<void> {
  const shard = join(directory, blobsDirectory, blob.slice(0, 2))
  await files.makeDirectory(shard, { recursive: true })
  if (!(await files.list(shard)).includes(blob)) await files.rename(path, join(shard, blob))
}

/** The blobs in quarantine; other files there are left alone. */
export async function quarantinedBlobs(
  directory: string,
  files: FileSystem,
): Promise<readonly QuarantinedBlob[]> {
  const quarantine = join(directory, quarantineDirectory)
  return (await namesIn(quarantine, files)).flatMap((name) => {
    const [, movedMs, blob] = /^(\d+)-([0-9a-f]+)$/.exec(name) ?? []
    if (movedMs === undefined || blob === undefined) return []
    return [{ blob, path: join(quarantine, name), movedMs: Number(movedMs) }]
  })
}

async function namesIn(directory: string, files: FileSystem): Promise<readonly string[]> {
  try {
    return await files.list(directory)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}
