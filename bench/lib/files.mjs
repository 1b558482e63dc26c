import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BYTES_PER_MIB } from './payload.mjs'

/** A folder for the files of this run, which goes when the process ends, interrupted or not. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, () => process.exit(1))
  }
  return folder
}

/**
 * @param {string} folder
 * @param {number} mib
 */
export function uploadPath(folder, mib) {
  return join(folder, `upload-${mib}.bin`)
}

/** @param {string} folder */
export function downloadPath(folder) {
  return join(downloadFolder(folder), 'object.bin')
}

/**
 * Where downloads go; what clients leave beside them goes with them.
 *
 * @param {string} folder
 */
export function downloadFolder(folder) {
  return join(folder, 'down')
}

/**
 * Sees to it that there is a file to upload. It is written out, not left sparse: holes are read
 * at another cost.
 *
 * @param {string} folder
 * @param {number} mib
 */
export async function makeUploadFile(folder, mib) {
  const path = uploadPath(folder, mib)
  if (existsSync(path)) return
  const unfinished = `${path}.unfinished`
  const file = await open(unfinished, 'w')
  try {
    const bytes = Buffer.alloc(BYTES_PER_MIB, 'stowage ')
    for (let index = 0; index < mib; index++) await file.write(bytes)
    // So that the disk is quiet again when the first contender begins.
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(unfinished, path)
}

/** @param {string} folder */
export async function removeDownloads(folder) {
  await rm(downloadFolder(folder), { recursive: true, force: true })
}
