import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { syncDirectory } from '../store/sync-directory.ts'
import { keyBytes } from './key-ring.ts'

const fileName = 'master-key'

/**
 * The master key that a directory has of its own: made at the first start, readable for its owner
 * alone. It keeps the blobs from being read where they lie without it, on another disk or in a
 * backup that leaves it out; who may read the directory has both.
 * @throws Error when the file is there but holds no key
 */
export async function ownMasterKey(directory: string): Promise<Buffer> {
  const path = join(directory, fileName)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return makeMasterKey(directory, path)
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== keyBytes) throw new Error(`the file ${path} does not hold a key`)
  return key
}

/** Written beside and renamed: a crash leaves either no key or a whole one. */
async function makeMasterKey(directory: string, path: string): Promise<Buffer> {
  const key = randomBytes(keyBytes)
  const unfinished = `${path}.new`
  await rm(unfinished, { force: true })
  const handle = await open(unfinished, 'wx', 0o600)
  try {
    await handle.writeFile(`${key.toString('base64')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(unfinished, path)
  await syncDirectory(directory)
  return key
}
