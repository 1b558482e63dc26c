import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import { errorCode, placeFile, readSmallFile, type FileSystem } from '../store/file-system.ts'
import { keyBytes } from './key-ring.ts'

const fileName = 'master-key'

/**
 * The master key that a directory has of its own: made at the first start, readable for its owner
 * alone. It keeps the blobs from being read where they lie without it, on another disk or in a
 * backup that leaves it out; who may read the directory has both.
 * @throws Error when the file is there but holds no key
 */
export async function ownMasterKey(directory: string, files: FileSystem): Promise<Buffer> {
  const path = join(directory, fileName)
  const text = await readSmallFile(files, path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return makeMasterKey(directory, files)
  const key = Buffer.from(text.toString().trim(), 'base64')
  if (key.length !== keyBytes) throw new Error(`the file ${path} does not hold a key`)
  return key
}

async function makeMasterKey(directory: string, files: FileSystem): Promise<Buffer> {
  const key = randomBytes(keyBytes)
  try {
    await placeFile(files, directory, fileName, `${key.toString('base64')}\n`)
  } catch (error) {
    // Nothing tells whether the disk has it, so nothing may be sealed with it.
    await files.unlink(join(directory, fileName)).catch(() => undefined)
    throw error
  }
  return key
}
