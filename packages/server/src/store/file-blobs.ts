import { constants } from 'node:fs'
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import {
  DamagedBlobError,
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type PendingBlob,
  type Segment,
} from './blobs.ts'
import type { Database, Write } from './database.ts'
import { FileBlobWriter } from './file-blob-writer.ts'
import { smallBlobName } from './key-space.ts'
import { syncDirectory } from './sync-directory.ts'
import { slicesOf, type SegmentSlice } from './segment-slices.ts'

const readBytes = 256 * 1024

/**
 * Blobs as files with random names, and small ones as records of the key-value store, so that a
 * small object costs one commit. Names never come from keys. A file that is read while it is
 * removed goes when the last reader is done: not every system can unlink an open file.
 */
export class FileBlobs implements BlobStore {
  readonly #directory: string
  readonly #database: Database
  readonly #sync: boolean
  readonly #newId: () => string
  readonly #readers = new Map<string, number>()
  readonly #doomed = new Set<string>()
  /** How many further records name a file that copies share. */
  readonly #moreNames = new Map<string, number>()
  readonly #unlinking = new Set<Promise<void>>()
  readonly #shards = new Set<string>()
  #removals = 0

  /** @param sync whether bytes are on the disk when a writer has finished */
  constructor(directory: string, database: Database, sync: boolean, newId: () => string) {
    this.#directory = directory
    this.#database = database
    this.#sync = sync
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
    await mkdir(join(this.#directory, shard), { recursive: true, mode: 0o700 })
    if (this.#sync) await syncDirectory(this.#directory)
    this.#shards.add(shard)
  }

  async open(segments: readonly Segment[]): Promise<BlobReader | undefined> {
    const files = segments.filter(({ place }) => place === 'file').map(({ blob }) => blob)
    for (const id of files) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1)
    const small = await this.#smallBlobs(segments)
    if (small !== undefined) {
      const paths = (id: string): string => this.pathOf(id)
      return new FileBlobReader(segments, small, paths, () => this.#release(files))
    }
    this.#release(files)
    return undefined
  }

  async #smallBlobs(segments: readonly Segment[]): Promise<Map<string, Buffer> | undefined> {
    const found = new Map<string, Buffer>()
    for (const { place, blob, crc32: expected } of segments) {
      if (place !== 'level') continue
      const bytes = await this.#database.get(smallBlobName(blob))
      if (bytes === undefined) return undefined
      if (crc32(bytes) !== expected) throw new DamagedBlobError('a small blob is damaged')
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
      if (segment.place === 'file') {
        this.#addName(segment.blob)
        shared.push({ segment, writes: [] })
      } else shared.push(await this.#copySmall(segment, reader, offset))
      offset += segment.sizeBytes
    }
    return shared
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
    const removal = unlink(this.pathOf(id)).catch(() => undefined)
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

class FileBlobReader implements BlobReader {
  readonly #segments: readonly Segment[]
  readonly #small: ReadonlyMap<string, Buffer>
  readonly #pathOf: (id: string) => string
  readonly #release: () => void
  #closed = false

  constructor(
    segments: readonly Segment[],
    small: ReadonlyMap<string, Buffer>,
    pathOf: (id: string) => string,
    release: () => void,
  ) {
    this.#segments = segments
    this.#small = small
    this.#pathOf = pathOf
    this.#release = release
  }

  async *read(offset: number, length: number): AsyncIterable<Uint8Array> {
    for (const slice of slicesOf(this.#segments, offset, length)) {
      const small = this.#small.get(slice.segment.blob)
      if (small === undefined) yield* this.#readFile(slice)
      else yield small.subarray(slice.offset, slice.offset + slice.length)
    }
  }

  async *#readFile(slice: SegmentSlice): AsyncIterable<Uint8Array> {
    const path = this.#pathOf(slice.segment.blob)
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    try {
      yield* readSlice(handle, slice)
    } finally {
      await handle.close()
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#release()
  }
}

/**
 * A segment that is read whole is compared with its checksum before its last bytes are handed out,
 * so that damage shows as an answer cut short and never as a complete one.
 */
async function* readSlice(handle: FileHandle, slice: SegmentSlice): AsyncIterable<Uint8Array> {
  const { segment, offset, length } = slice
  const whole = length === segment.sizeBytes
  let checksum = 0
  let position = 0
  while (position < length) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, length - position))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset + position)
    if (bytesRead === 0) throw new DamagedBlobError('a blob is shorter than its record says')
    position += bytesRead
    const bytes = buffer.subarray(0, bytesRead)
    if (whole) checksum = crc32(bytes, checksum)
    if (whole && position === length && checksum !== segment.crc32) {
      throw new DamagedBlobError('a blob does not match its checksum')
    }
    yield bytes
  }
}
