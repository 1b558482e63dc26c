import { randomFillSync } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { errorCode, type FileSystem, type OpenFile } from './file-system.ts'

/** Enough for the tables that LevelDB writes when it is reopened, and for many deletions. */
const mostReserveBytes = 16 * 1024 * 1024

/** A small disk gives up no more than this share of it. */
const mostShare = 1 / 4

/** This share of the reserve has to be free beside it, so that making it leaves the disk usable. */
const marginShare = 1 / 4

const chunkBytes = 256 * 1024

/** Windows knows no such flag. */
const noFollow = constants.O_NOFOLLOW ?? 0
const writeFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | noFollow

const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/**
 * A file that only takes up room. It is removed when the disk is full, so that deletions can still
 * be committed, and made again before anything else is.
 */
export class Reserve {
  readonly #path: string
  #made = false
  #making: Promise<boolean> | undefined

  constructor(path: string) {
    this.#path = path
  }

  get isMade(): boolean {
    return this.#made
  }

  /** Resolves to whether there was room for the file. */
  make(): Promise<boolean> {
    if (this.#made) return Promise.resolve(true)
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  async #make(): Promise<boolean> {
    try {
      const present = (await lstat(this.#path).catch(() => undefined))?.size ?? 0
      const { sizeBytes, freeBytes } = await this.#plan()
      const isThere = present === sizeBytes
      this.#made = isThere || freeBytes + present >= sizeBytes * (1 + marginShare)
      if (this.#made && !isThere) await this.#fill(sizeBytes)
    } catch (error) {
      // Any other failure, such as a limit for single files, says nothing about the room on the disk.
      this.#made = !fullCodes.has(errorCode(error))
      if (!this.#made) await rm(this.#path, { force: true }).catch(() => undefined)
    }
    return this.#made
  }

  /** How large the file is to be, and how much is free: more than enough where nobody knows. */
  async #plan(): Promise<{ readonly sizeBytes: number; readonly freeBytes: number }> {
    try {
      const { blocks, bavail, bsize } = await statfs(dirname(this.#path))
      const share = Math.floor(blocks * bsize * mostShare)
      return { sizeBytes: Math.min(mostReserveBytes, share), freeBytes: bavail * bsize }
    } catch {
      return { sizeBytes: mostReserveBytes, freeBytes: Infinity }
    }
  }

  /** Random bytes, because some file systems give zeros no room. */
  async #fill(sizeBytes: number): Promise<void> {
    const chunk = randomFillSync(Buffer.allocUnsafe(chunkBytes))
    const handle = await open(this.#path, writeFlags, 0o600)
    try {
      for (let written = 0; written < sizeBytes;) {
        const length = Math.min(chunkBytes, sizeBytes - written)
        written += (await handle.write(chunk, 0, length, written)).bytesWritten
      }
    } finally {
      await handle.close()
    }
  }

  /** A file that cannot be removed leaves the disk as full as it is. */
  async free(): Promise<void> {
    await this.#making
    this.#made = false
    await rm(this.#path, { force: true }).catch(() => undefined)
  }

  /** Waits for a file that is being made. */
  async close(): Promise<void> {
    await this.#making
  }
}

export function reserveIn(directory: string): Reserve {
  return new Reserve(join(directory, 'reserve'))
}

/** A file system that takes bytes only while there is room for them. */
export function filesWithRoom(files: FileSystem, hasRoom: () => Promise<boolean>): FileSystem {
  const needRoom = async (): Promise<void> => {
    if (!(await hasRoom())) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
  }
  return {
    openToRead: (path, options) => files.openToRead(path, options),
    create: async (path) => {
      await needRoom()
      return fileWithRoom(await files.create(path), needRoom)
    },
    makeDirectory: (path, options) => files.makeDirectory(path, options),
    list: (path) => files.list(path),
    isDirectory: (path) => files.isDirectory(path),
    rename: (from, to) => files.rename(from, to),
    unlink: (path) => files.unlink(path),
    removeDirectory: (path) => files.removeDirectory(path),
  }
}

function fileWithRoom(file: OpenFile, needRoom: () => Promise<void>): OpenFile {
  return {
    read: (buffer, offset, length, position) => file.read(buffer, offset, length, position),
    writev: async (chunks) => {
      await needRoom()
      return file.writev(chunks)
    },
    stat: () => file.stat(),
    sync: () => file.sync(),
    close: () => file.close(),
  }
}
