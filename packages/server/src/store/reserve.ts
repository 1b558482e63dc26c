import { randomFillSync } from 'node:crypto'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { errorCode, type FileSystem, type OpenFile } from './file-system.ts'

/** Enough for the tables that LevelDB writes when it is reopened, and for many deletions. */
const reserveBytes = 16 * 1024 * 1024

const chunkBytes = 256 * 1024

/**
 * A file that only takes up room. It is removed when the disk is full, so that what frees room can
 * still be committed, and made again before anything else is.
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
      const present = await stat(this.#path).catch(() => undefined)
      if (present?.size !== reserveBytes) await this.#fill()
      this.#made = true
    } catch (error) {
      // A limit for single files says nothing about the room on the disk: what fits is kept.
      if (errorCode(error) === 'EFBIG') this.#made = true
      else await rm(this.#path, { force: true })
    }
    return this.#made
  }

  /** Random bytes, because some file systems give zeros no room. */
  async #fill(): Promise<void> {
    const chunk = randomFillSync(Buffer.allocUnsafe(chunkBytes))
    const handle = await open(this.#path, 'w', 0o600)
    try {
      for (let written = 0; written < reserveBytes;) {
        const length = Math.min(chunkBytes, reserveBytes - written)
        written += (await handle.write(chunk, 0, length, written)).bytesWritten
      }
    } finally {
      await handle.close()
    }
  }

  async free(): Promise<void> {
    await this.#making
    this.#made = false
    await rm(this.#path, { force: true })
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
