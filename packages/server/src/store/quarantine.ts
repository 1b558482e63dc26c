import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { blobsDirectory } from './directory.ts'

export const quarantineDirectory = 'quarantine'

const dayMs = 24 * 60 * 60 * 1000

/**
 * Moves blobs that no record names into the directory `quarantine`: what a crash left there. Should
 * the records turn out to be older than the blobs, such as after a restored backup, the bytes are
 * still there. Call it when the records are known to be complete.
 * @returns how many were moved
 */
export async function quarantineUnnamed(
  directory: string,
  isNamed: (blob: string) => boolean,
  nowMs: number,
): Promise<number> {
  const quarantine = join(directory, quarantineDirectory)
  let moved = 0
  for await (const { shard, blob } of blobFiles(directory)) {
    if (isNamed(blob)) continue
    if (moved === 0) await mkdir(quarantine, { recursive: true, mode: 0o700 })
    await rename(join(directory, blobsDirectory, shard, blob), join(quarantine, `${nowMs}-${blob}`))
    moved += 1
  }
  return moved
}

/** The files of blobs, also of those that no record names. */
export async function* blobFiles(
  directory: string,
): AsyncIterable<{ readonly shard: string; readonly blob: string }> {
  const blobs = join(directory, blobsDirectory)
  for (const shard of await readdir(blobs)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue
    for (const blob of await readdir(join(blobs, shard))) {
      if (blob.startsWith(shard)) yield { shard, blob }
    }
  }
}

/**
 * Deletes what has been in quarantine for a day: by then the records have been found complete at
 * the start that moved it, and at this one.
 */
export async function emptyQuarantine(directory: string, nowMs: number): Promise<void> {
  const quarantine = join(directory, quarantineDirectory)
  for (const name of await namesIn(quarantine)) {
    const movedMs = Number(/^(\d+)-[0-9a-f]+$/.exec(name)?.[1] ?? nowMs)
    if (nowMs - movedMs >= dayMs) await rm(join(quarantine, name))
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
