import type { BigIntStats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { IntegrityError, InvalidArgumentError } from '../errors.ts'
import { BytesBody, type RequestBody } from '../request/body.ts'
import type { BufferPool } from './buffer-pool.ts'
import { FileRangeBody } from './file-range-body.ts'
import type { PartSource, SourcePart } from './part-source.ts'

/** What tells one state of a file from another. */
export interface FileIdentity {
  readonly sizeBytes: number
  /** Time of the last change in nanoseconds, as text: it is beyond exact numbers. */
  readonly mtimeNs: string
}

function identityOf(stats: BigIntStats): FileIdentity {
  return { sizeBytes: Number(stats.size), mtimeNs: String(stats.mtimeNs) }
}

/** Larger parts are read while they are sent, and a second time for what is sent again. */
const maxHeldBytes = 64 * 1024 * 1024

/** Parts of a file, read by position; a file that changes meanwhile is an error. */
export class FileSource implements PartSource {
  readonly identity: FileIdentity
  readonly #path: string
  readonly #file: FileHandle
  readonly #pool: BufferPool
  #partBytes = 0
  #nextPart = 1
  #closed = false

  private constructor(path: string, file: FileHandle, identity: FileIdentity, pool: BufferPool) {
    this.#path = path
    this.#file = file
    this.identity = identity
    this.#pool = pool
  }

  /** @throws InvalidArgumentError when the path is no file; the error of the file system */
  static async open(path: string, pool: BufferPool): Promise<FileSource> {
    const file = await open(path, 'r')
    try {
      const stats = await file.stat({ bigint: true })
      if (!stats.isFile()) throw new InvalidArgumentError('path', 'must be that of a file')
      return new FileSource(path, file, identityOf(stats), pool)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get sizeBytes(): number {
    return this.identity.sizeBytes
  }

  get isLarge(): boolean {
    return this.sizeBytes > this.#partBytes
  }

  /** The size of the parts; to be said before the first one. */
  cutInto(partBytes: number): void {
    this.#partBytes = partBytes
  }

  next(): Promise<SourcePart> {
    const partNumber = this.#nextPart++
    const offset = (partNumber - 1) * this.#partBytes
    const sizeBytes = Math.min(this.#partBytes, this.sizeBytes - offset)
    let buffer: Buffer | undefined
    return Promise.resolve({
      partNumber,
      offset,
      sizeBytes,
      isLast: offset + sizeBytes === this.sizeBytes,
      open: () => {
        if (sizeBytes > maxHeldBytes) return Promise.resolve(this.#range(offset, sizeBytes))
        buffer = this.#pool.take(sizeBytes)
        return this.#read(buffer, offset)
      },
      release: () => {
        if (buffer) this.#pool.give(buffer)
        buffer = undefined
      },
    })
  }

  #range(offset: number, sizeBytes: number): RequestBody {
    return new FileRangeBody(this.#file, offset, sizeBytes, () => this.verify())
  }

  async #read(buffer: Buffer, offset: number): Promise<RequestBody> {
    let filled = 0
    while (filled < buffer.length) {
      const length = buffer.length - filled
      const { bytesRead } = await this.#file.read(buffer, filled, length, offset + filled)
      if (bytesRead === 0) throw this.#changed()
      filled += bytesRead
    }
    return new BytesBody(buffer)
  }

  async verify(): Promise<void> {
    const now = identityOf(await this.#file.stat({ bigint: true }))
    const { sizeBytes, mtimeNs } = this.identity
    if (now.sizeBytes !== sizeBytes || now.mtimeNs !== mtimeNs) throw this.#changed()
  }

  #changed(): IntegrityError {
    return new IntegrityError(`the file ${this.#path} changed while it was read`)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#file.close()
  }
}
