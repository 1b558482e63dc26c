import { randomFillSync } from 'node:crypto'
import { open, rm, stat } from 'node:fs/promises'

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
      if (codeOf(error) === 'EFBIG') this.#made = true
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
    await rm(this.#path, { force: true })
    this.#made = false
  }

  /** Waits for a file that is being made. */
  async close(): Promise<void> {
    await this.#making
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
