import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises'

import { S3Failure } from '../failure.ts'

/** A file that is open. `close` is called once, whatever happened before. */
export interface OpenFile {
  /** Reads up to `length` bytes at `position` into `buffer`; 0 bytes at the end of the file. */
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>
  /** Appends; may write less than it is given. */
  writev(chunks: readonly Uint8Array[]): Promise<{ readonly bytesWritten: number }>
  stat(): Promise<{ readonly size: number }>
  /** Waits until the disk has everything. After a failure nothing tells what the disk has. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * Everything that the store asks of the file system, besides the files of its key-value store.
 * Failures are those of Node, with a `code` such as `ENOSPC`.
 */
export interface FileSystem {
  /** Opens a file or a directory to read it. */
  openToRead(path: string, options: { readonly followsLink: boolean }): Promise<OpenFile>
  /** Makes a file that only its owner may read; fails when there is one. */
  create(path: string): Promise<OpenFile>
  /** Makes a directory that only its owner may read; parents too where `recursive`. */
  makeDirectory(path: string, options: { readonly recursive: boolean }): Promise<void>
  /** The names in a directory. */
  list(path: string): Promise<readonly string[]>
  /** Whether it is a directory, and not a link to one. */
  isDirectory(path: string): Promise<boolean>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Removes an empty directory. */
  removeDirectory(path: string): Promise<void>
}

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
/** Windows knows no such flag. */
const noFollow = constants.O_NOFOLLOW ?? 0

/** The file system of the machine. */
export const systemFiles: FileSystem = {
  openToRead: (path, { followsLink }) =>
    open(path, constants.O_RDONLY | (followsLink ? 0 : noFollow)),
  create: (path) => open(path, createFlags, 0o600),
  makeDirectory: async (path, { recursive }) => {
    await mkdir(path, { recursive, mode: 0o700 })
  },
  list: (path) => readdir(path),
  isDirectory: async (path) => (await lstat(path)).isDirectory(),
  rename,
  unlink,
  removeDirectory: (path) => rmdir(path),
}

/** Makes new names in a directory survive a loss of power. Windows has no such call. */
export async function syncDirectory(files: FileSystem, path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await files.openToRead(path, { followsLink: true })
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Writes everything: `writev` may stop early, above all when the disk gets full. */
export async function writeAll(file: OpenFile, chunks: readonly Uint8Array[]): Promise<void> {
  let left = chunks.filter((bytes) => bytes.length > 0)
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left)
    if (bytesWritten === 0) throw new Error('the file system takes no more bytes')
    left = after(left, bytesWritten)
  }
}

function after(chunks: Uint8Array[], bytesWritten: number): Uint8Array[] {
  let skip = bytesWritten
  let index = 0
  for (const bytes of chunks) {
    if (skip < bytes.length) break
    skip -= bytes.length
    index += 1
  }
  const rest = chunks.slice(index)
  const first = rest[0]
  if (first !== undefined && skip > 0) rest[0] = first.subarray(skip)
  return rest
}

/** Fills the buffer from `position`. Returns how many bytes there were: fewer only at the end. */
export async function readFully(file: OpenFile, buffer: Buffer, position: number): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const left = buffer.length - filled
    const { bytesRead } = await file.read(buffer, filled, left, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** The whole content of a small file. */
export async function readSmallFile(files: FileSystem, path: string): Promise<Buffer> {
  const file = await files.openToRead(path, { followsLink: true })
  try {
    const { size } = await file.stat()
    const bytes = Buffer.allocUnsafe(size)
    return bytes.subarray(0, await readFully(file, bytes, 0))
  } finally {
    await file.close()
  }
}

/**
 * Writes a file beside its place and renames it, so that a crash leaves either what was there or a
 * whole file. What an earlier attempt left beside it is replaced.
 */
export async function placeFile(
  files: FileSystem,
  directory: string,
  name: string,
  text: string,
): Promise<void> {
  const path = `${directory}/${name}`
  const unfinished = `${path}.new`
  await files.unlink(unfinished).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
  try {
    await writeDurably(files, unfinished, text)
  } catch (error) {
    // Nothing tells what the disk has of it, so the next attempt must not find it.
    await files.unlink(unfinished).catch(() => undefined)
    throw error
  }
  await files.rename(unfinished, path)
  await syncDirectory(files, directory)
}

async function writeDurably(files: FileSystem, path: string, text: string): Promise<void> {
  const file = await files.create(path)
  try {
    await writeAll(file, [Buffer.from(text)])
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The code of a failure of the file system, such as `ENOENT`. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

const refusals: ReadonlyMap<unknown, 'XMinioStorageFull' | 'SlowDown'> = new Map([
  ['ENOSPC', 'XMinioStorageFull'],
  ['EDQUOT', 'XMinioStorageFull'],
  ['EFBIG', 'XMinioStorageFull'],
  ['EMFILE', 'SlowDown'],
  ['ENFILE', 'SlowDown'],
])

/**
 * How a failure of the file system is answered: a full disk as MinIO answers it, and where too many
 * files are open, the sender is asked to come again. Anything else is for the operator.
 */
export function storageFailure(error: unknown): unknown {
  const code = refusals.get(errorCode(error))
  return code === undefined ? error : new S3Failure(code)
}
