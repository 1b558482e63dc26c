import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'

import { blobFooter, BlockSums, footerChecksum } from './blob-file.ts'
import type { BlobDescription, BlobWriter, PendingBlob } from './blobs.ts'
import {
  storageFailure,
  syncDirectory,
  writeAll,
  type FileSystem,
  type OpenFile,
} from './file-system.ts'
import { smallBlobName } from './key-space.ts'

/** Blobs up to this size are records of the key-value store. */
const smallBlobBytes = 4096

/**
 * Bytes gathered before they are written, for one writer and for all together. A writer has up to
 * two batches at a time: one on its way to the disk and one that fills.
 */
const batchBytes = { least: 32 * 1024, most: 256 * 1024, all: 32 * 1024 * 1024 } as const

/** Shares out the memory of the writers of one store: the more there are, the less has each. */
export class BatchShares {
  readonly #writers = new Set<BlobWriter>()

  join(writer: BlobWriter): void {
    this.#writers.add(writer)
  }

  leave(writer: BlobWriter): void {
    this.#writers.delete(writer)
  }

  get bytes(): number {
    const { least, most, all } = batchBytes
    return Math.max(least, Math.min(most, all / this.#writers.size))
  }
}

export interface FileBlobTarget {
  readonly id: string
  readonly path: string
  readonly sync: boolean
  readonly files: FileSystem
  readonly shares: BatchShares
  /** Makes the directory of the file. */
  prepare(): Promise<void>
}

/** Gathers the bytes of one blob; while one batch is on its way to the disk the next one fills. */
export class FileBlobWriter implements BlobWriter {
  readonly #target: FileBlobTarget
  readonly #sums = new BlockSums()
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #sizeBytes = 0
  #file: OpenFile | undefined
  #writing: Promise<void> | undefined

  constructor(target: FileBlobTarget) {
    this.#target = target
    target.shares.join(this)
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#gathered.push(bytes)
    this.#gatheredBytes += bytes.length
    this.#sizeBytes += bytes.length
    this.#sums.update(bytes)
    if (this.#gatheredBytes < this.#target.shares.bytes) return undefined
    const before = this.#writing
    this.#flush()
    return before
  }

  #flush(): void {
    const batch = this.#gathered
    const before = this.#writing
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#writing = this.#writeBatch(before, batch)
    // Whoever waits next gets the failure; until then it must not count as unhandled.
    this.#writing.catch(() => undefined)
  }

  async #writeBatch(before: Promise<void> | undefined, batch: Uint8Array[]): Promise<void> {
    await before
    try {
      this.#file ??= await this.#create()
      await writeAll(this.#file, batch)
    } catch (error) {
      throw storageFailure(error)
    }
  }

  async #create(): Promise<OpenFile> {
    await this.#target.prepare()
    return this.#target.files.create(this.#target.path)
  }

  async finish(description: BlobDescription): Promise<PendingBlob> {
    const { id, shares } = this.#target
    const { seal } = description
    const sizeBytes = this.#sizeBytes
    shares.leave(this)
    if (this.#writing === undefined && sizeBytes <= smallBlobBytes) {
      const value = Buffer.concat(this.#gathered)
      const segment = { blob: id, place: 'level', sizeBytes, crc32: crc32(value), seal } as const
      return { segment, writes: [{ type: 'put', key: smallBlobName(id), value }] }
    }
    const footer = blobFooter(this.#sums.finish(), sizeBytes, { blob: id, ...description })
    this.#gathered.push(footer)
    this.#flush()
    await this.#writing
    await this.#settle()
    const proof = { crc32: footerChecksum(footer), footerBytes: footer.length }
    return { segment: { blob: id, place: 'file', sizeBytes, ...proof, seal }, writes: [] }
  }

  /** The data first, then the name of the file: afterwards a commit may name it. */
  async #settle(): Promise<void> {
    const { sync, files, path } = this.#target
    const file = this.#file
    this.#file = undefined
    try {
      try {
        if (sync) await file?.sync()
      } finally {
        await file?.close()
      }
      if (sync) await syncDirectory(files, dirname(path))
    } catch (error) {
      throw storageFailure(error)
    }
  }

  /** A file that cannot be removed now is found at the next start. */
  async discard(): Promise<void> {
    const { files, path, shares } = this.#target
    this.#gathered = []
    shares.leave(this)
    if (this.#writing === undefined) return
    await this.#writing.catch(() => undefined)
    await this.#file?.close().catch(() => undefined)
    this.#file = undefined
    await files.unlink(path).catch(() => undefined)
  }
}
