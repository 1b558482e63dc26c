import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import {
  checkBlocks,
  footerBytesOf,
  openBlobFile,
  provenTable,
  readBlobFile,
  blockBytes,
} from './blob-file.ts'
import {
  DamagedBlobError,
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type MissingBlob,
  type PendingBlob,
  type Segment,
} from './blobs.ts'
import type { Database, Write } from './database.ts'
import { BatchShares, FileBlobWriter } from './file-blob-writer.ts'
import { syncDirectory, type FileSystem, type OpenFile } from './file-system.ts'
import { smallBlobName } from './key-space.ts'
import { slicesOf, type SegmentSlice } from './segment-slices.ts'

/** A whole number of blocks. */
const readBytes = 4 * blockBytes

export interface FileBlobsOptions {
  readonly directory: string
  /** Has the small ones. */
  readonly database: Database
  /** Whether bytes are on the disk when a writer has finished. */
  readonly sync: boolean
  readonly files: FileSystem
  readonly newId: () => string
}

/**
 * Blobs as files with random names, and small ones as records of the key-value store, so that a
 * small object costs one commit. Names never come from keys. A file that is read while it is
 * removed goes when the last reader is done: not every system can unlink an open file.
 */
export class FileBlobs implements BlobStore {
  readonly #directory: string
  readonly #database: Database
  readonly #sync: boolean
  readonly #files: FileSystem
  readonly #newId: () => string
  readonly #readers = new Map<string, number>()
  readonly #doomed = new Set<string>()
  /** How many further records name a file that copies share. */
  readonly #moreNames = new Map<string, number>()
  readonly #unlinking = new Set<Promise<void>>()
  readonly #shards = new Set<string>()
  readonly #shares = new BatchShares()
  #removals = 0

  constructor({ directory, database, sync, files, newId }: FileBlobsOptions) {
    this.#directory = directory
    this.#database = database
    this.#sync = sync
    this.#files = files
    this.#newId = newId
  }

  get removals(): number {
    return this.#removals
  }

  create(): BlobWriter {
    const id = this.#newId()
    return new FileBlobWriter({
      id,
      path: this.pathOf(id),
      sync: this.#sync,
      files: this.#files,
      shares: this.#shares,
      prepare: () => this.#makeShard(id),
    })
  }

  /** The file of a blob, two levels deep so that no directory gets too large. */
  pathOf(id: string): string {
    return join(this.#directory, id.slice(0, 2), id)
  }

  async #makeShard(id: string): Promise<void> {
    const shard = id.slice(0, 2)
    if (this.#shards.has(shard)) return
    const path = join(this.#directory, shard)
    await this.#files.makeDirectory(path, { recursive: true })
    try {
      if (this.#sync) await syncDirectory(this.#files, this.#directory)
    } catch (error) {
      // A second fsync would tell nothing of it: the directory has to be made anew.
      await this.#files.removeDirectory(path).catch(() => undefined)
      throw error
    }
    this.#shards.add(shard)
  }

  async open(segments: readonly Segment[]): Promise<BlobReader | MissingBlob> {
    const held = segments.filter(({ place }) => place === 'file').map(({ blob }) => blob)
    for (const id of held) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1)
    const release = (): void => this.#release(held)
    const openFile = (id: string): Promise<OpenFile> =>
      openBlobFile(this.#files, this.pathOf(id), id)
    try {
      const small = await this.#smallBlobs(segments)
      if (small instanceof Map) return new FileBlobReader({ segments, small, openFile, release })
      release()
      return small
    } catch (error) {
      release()
      throw error
    }
  }

  /** @throws DamagedBlobError */
  async #smallBlobs(segments: readonly Segment[]): Promise<Map<string, Buffer> | MissingBlob> {
    const found = new Map<string, Buffer>()
    for (const { place, blob, crc32: expected } of segments) {
      if (place !== 'level') continue
      const bytes = await this.#database.get(smallBlobName(blob))
      if (bytes === undefined) return { missing: blob }
      if (crc32(bytes) !== expected) {
        throw new DamagedBlobError('does not match its checksum', { blob })
      }
      found.set(blob, bytes)
    }
    return found
  }

  #release(ids: readonly string[]): void {
    for (const id of ids) {
      const left = (this.#readers.get(id) ?? 1) - 1
      if (left > 0) {
        this.#readers.set(id, left)
        continue
      }
      this.#readers.delete(id)
      if (this.#doomed.delete(id)) this.#unlink(id)
    }
  }

  /**
   * A file gets one more name by counting; the records at the next start tell the same count.
   * Small blobs are copied.
   */
  async share(segments: readonly Segment[], reader: BlobReader): Promise<readonly PendingBlob[]> {
    const shared: PendingBlob[] = []
    let offset = 0
    for (const segment of segments) {
      const isFile = segment.place === 'file'
      shared.push(
        await (isFile ? this.#wholeFile(segment) : this.#copySmall(segment, reader, offset)),
      )
      offset += segment.sizeBytes
    }
    for (const { segment } of shared) if (segment.place === 'file') this.#addName(segment.blob)
    return shared
  }

  /** A copy must not be answered with success where the file is missing, or is not whole. */
  async #wholeFile(segment: Segment): Promise<PendingBlob> {
    const file = await openBlobFile(this.#files, this.pathOf(segment.blob), segment.blob)
    try {
      await readTable(file, segment)
    } finally {
      await file.close().catch(() => undefined)
    }
    return { segment, writes: [] }
  }

  #addName(id: string): void {
    // The last record that named it has gone, but the reader kept the file: it is ours alone.
    if (this.#doomed.delete(id)) return
    this.#moreNames.set(id, (this.#moreNames.get(id) ?? 0) + 1)
  }

  async #copySmall(segment: Segment, reader: BlobReader, offset: number): Promise<PendingBlob> {
    const chunks: Uint8Array[] = []
    for await (const chunk of reader.read(offset, segment.sizeBytes)) chunks.push(chunk)
    const blob = this.#newId()
    const write = { type: 'put', key: smallBlobName(blob), value: Buffer.concat(chunks) } as const
    return { segment: { ...segment, blob }, writes: [write] }
  }

  removalWrites(segments: readonly Segment[]): readonly Write[] {
    return segments
      .filter(({ place }) => place === 'level')
      .map(({ blob }): Write => ({ type: 'del', key: smallBlobName(blob) }))
  }

  remove(segments: readonly Segment[]): void {
    this.#removals += 1
    for (const { place, blob } of segments) {
      if (place !== 'file' || this.#dropName(blob)) continue
      if (this.#readers.has(blob)) this.#doomed.add(blob)
      else this.#unlink(blob)
    }
  }

  /** Whether another name is left. */
  #dropName(id: string): boolean {
    const more = this.#moreNames.get(id)
    if (more === undefined) return false
    if (more === 1) this.#moreNames.delete(id)
    else this.#moreNames.set(id, more - 1)
    return true
  }

  /** A file that cannot be removed now is swept at the next start. */
  #unlink(id: string): void {
    const removal = this.#files.unlink(this.pathOf(id)).catch(() => undefined)
    const done = removal.finally(() => this.#unlinking.delete(done))
    this.#unlinking.add(done)
  }

  async close(): Promise<void> {
    await Promise.all(this.#unlinking)
  }

  /** Takes over how many records name each file, before anything is removed. */
  countNames(named: ReadonlyMap<string, number>): void {
    for (const [id, count] of named) if (count > 1) this.#moreNames.set(id, count - 1)
  }
}

interface HeldSegments {
  readonly segments: readonly Segment[]
  readonly small: ReadonlyMap<string, Buffer>
  openFile(id: string): Promise<OpenFile>
  release(): void
}

class FileBlobReader implements BlobReader {
  readonly #held: HeldSegments
  #closed = false

  constructor(held: HeldSegments) {
    this.#held = held
  }

  async *read(offset: number, length: number): AsyncIterable<Uint8Array> {
    const { segments, small } = this.#held
    for (const slice of slicesOf(segments, offset, length)) {
      const bytes = small.get(slice.segment.blob)
      if (bytes === undefined) yield* this.#readFile(slice)
      else yield bytes.subarray(slice.offset, slice.offset + slice.length)
    }
  }

  async *#readFile(slice: SegmentSlice): AsyncIterable<Uint8Array> {
    const file = await this.#held.openFile(slice.segment.blob)
    try {
      yield* readSlice(file, slice)
    } finally {
      // What was read is proven, whatever becomes of the handle.
      await file.close().catch(() => undefined)
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#held.release()
  }
}

/** Reads whole blocks, and hands out what is wanted of them once they are proven. */
async function* readSlice(file: OpenFile, slice: SegmentSlice): AsyncIterable<Uint8Array> {
  const { segment, offset, length } = slice
  const end = offset + length
  const lastBlockEnd = Math.min(Math.ceil(end / blockBytes) * blockBytes, segment.sizeBytes)
  let position = offset - (offset % blockBytes)
  const { first, table } = await readFirst(file, segment, position, lastBlockEnd)
  let bytes = first
  for (;;) {
    checkBlocks(table, bytes, segment.blob, position)
    yield bytes.subarray(Math.max(0, offset - position), end - position)
    position += bytes.length
    if (position >= end) return
    bytes = await readExactly(file, segment.blob, position, nextBytes(position, lastBlockEnd))
  }
}

function nextBytes(position: number, end: number): number {
  return Math.min(readBytes, end - position)
}

interface FirstRead {
  /** The first blocks. */
  readonly first: Buffer
  /** What all blocks are compared with. */
  readonly table: Buffer
}

/** The first blocks and the footer, in one call where the footer comes right after them. */
async function readFirst(
  file: OpenFile,
  segment: Segment,
  position: number,
  end: number,
): Promise<FirstRead> {
  const { blob, sizeBytes } = segment
  const length = nextBytes(position, end)
  if (position + length < sizeBytes) {
    const [first, table] = await Promise.all([
      readExactly(file, blob, position, length),
      readTable(file, segment),
    ])
    return { first, table }
  }
  const buffer = Buffer.allocUnsafeSlow(length + footerBytesOf(segment) + 1)
  const read = await readBlobFile(file, buffer, blob, position)
  const table = provenTable(segment, buffer.subarray(Math.min(length, read), read))
  return { first: buffer.subarray(0, length), table }
}

async function readTable(file: OpenFile, segment: Segment): Promise<Buffer> {
  // One byte more would show that the file does not end there.
  const buffer = Buffer.allocUnsafeSlow(footerBytesOf(segment) + 1)
  const read = await readBlobFile(file, buffer, segment.blob, segment.sizeBytes)
  return provenTable(segment, buffer.subarray(0, read))
}

async function readExactly(
  file: OpenFile,
  blob: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length)
  const read = await readBlobFile(file, buffer, blob, position)
  if (read === length) return buffer
  throw new DamagedBlobError('is too short', { blob, position: position + read })
}
