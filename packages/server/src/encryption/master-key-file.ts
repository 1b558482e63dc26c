import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'

import { DamagedDirectoryError } from '../store/damage.ts'
import { placeFile, readSmallFile, syncDirectory, type FileSystem } from '../store/file-system.ts'
import { keyBytes } from './key-ring.ts'

const fileName = 'master-key'

export interface MasterKeyOptions {
  readonly directory: string
  readonly files: FileSystem
  /** What `markOfKey` gave for the key that this directory has; undefined before there was one. */
  readonly mark: string | undefined
  /** Whether to go on without the key that this directory had; what it sealed cannot be read. */
  readonly replace: boolean
  /** Told when it goes on without that key. */
  readonly report: (error: Error) => void
  readonly now: () => Date
}

/**
 * The master key that a directory has of its own: made at the first start, readable for its owner
 * alone. It keeps the blobs from being read where they lie without it, on another disk or in a
 * backup that leaves it out; who may read the directory has both.
 * @throws DamagedDirectoryError when the file is missing, or does not hold the key of this directory
 */
export async function ownMasterKey(options: MasterKeyOptions): Promise<Buffer> {
  const { directory, files, mark, replace, report } = options
  const key = await readMasterKey(directory, files)
  if (key !== undefined && (mark === undefined || mark === markOfKey(key))) return key
  const missing = await isMissing(directory, files)
  if (mark === undefined && missing) return makeMasterKey(directory, files)
  const problem = 'it does not hold the key that objects of this directory are sealed with'
  if (!replace) throw new DamagedDirectoryError(directory, [{ file: fileName, problem }])
  report(new Error(`${join(directory, fileName)}: ${problem}; they cannot be read`))
  if (key !== undefined) return key
  if (!missing) await keepDamaged(options)
  return makeMasterKey(directory, files)
}

/** What is left of a key may be enough to find it again. */
async function keepDamaged({ directory, files, now }: MasterKeyOptions): Promise<void> {
  const kept = `damaged-${fileName}-${now().getTime()}`
  await files.rename(join(directory, fileName), join(directory, kept))
}

/** Tells keys apart, and nothing else of them. */
export function markOfKey(key: Uint8Array): string {
  return createHash('sha256').update('stowage master key').update(key).digest('hex')
}

/** Undefined when there is no file, or none that holds a key. */
async function readMasterKey(directory: string, files: FileSystem): Promise<Buffer | undefined> {
  if (await isMissing(directory, files)) return undefined
  const text = await readSmallFile(files, join(directory, fileName))
  const key = Buffer.from(text.toString().trim(), 'base64')
  if (key.length !== keyBytes) return undefined
  // The start that made it may have ended before its name was safe.
  await syncDirectory(files, directory)
  return key
}

async function isMissing(directory: string, files: FileSystem): Promise<boolean> {
  return !(await files.list(directory)).includes(fileName)
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
