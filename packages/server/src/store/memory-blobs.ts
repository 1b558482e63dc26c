import { crc32 } from 'node:zlib'

import type {
  BlobDescription,
  BlobReader,
  BlobStore,
  BlobWriter,
  MissingBlob,
  PendingBlob,
  Segment,
} from './blobs.ts'
import { slicesOf } from './segment-slices.ts'

/** Chunks at most this large are joined: a chunk may keep the whole read buffer of its socket. */
const joinUpToBytes = 64 * 1024

/** Blobs as arrays of chunks. A reader keeps the arrays alive, so removal needs no counting. */
export class MemoryBlobs implements BlobStore {
  readonly #blobs = new Map<string, readonly Uint8Array[]>()
  readonly #newId: () => string
  #removals = 0

  constructor(newId: () => string) {
    this.#newId = newId
  }

  get removals(): number {
    return this.#removals
  }

  create(): BlobWriter {
    return new MemoryBlobWriter(this.#newId(), this.#blobs)
  }

  open(segments: readonly Segment[]): Promise<BlobReader | MissingBlob> {
    const held: (readonly Uint8Array[])[] = []
    for (const segment of segments) {
      const chunks = this.#blobs.get(segment.blob)
      if (chunks === undefined) return Promise.resolve({ missing: segment.blob })
      held.push(chunks)
    }
    return Promise.resolve(new MemoryBlobReader(segments, held))
  }

  /** The chunks are shared, under a name of their own. */
  async share(segments: readonly Segment[], reader: BlobReader): Promise<readonly PendingBlob[]> {
    const shared: PendingBlob[] = []
    let offset = 0
    for (const segment of segments) {
      const chunks: Uint8Array[] = []
      for await (const chunk of reader.read(offset, segment.sizeBytes)) chunks.push(chunk)
      offset += segment.sizeBytes
      const blob = this.#newId()
      this.#blobs.set(blob, chunks)
      shared.push({ segment: { ...segment, blob }, writes: [] })
    }
    return shared
  }

  removalWrites(): readonly never[] {
    return []
  }

  remove(segments: readonly Segment[]): void {
    this.#removals += 1
    for (const segment of segments) this.#blobs.delete(segment.blob)
  }

  close(): Promise<void> {
    this.#blobs.clear()
    return Promise.resolve()
  }

  /** How many blobs there are: what tests look at to find leaks. */
  get count(): number {
    return this.#blobs.size
  }
}

class MemoryBlobWriter implements BlobWriter {
  readonly #id: string
  readonly #blobs: Map<string, readonly Uint8Array[]>
  readonly #chunks: Uint8Array[] = []
  #small: Uint8Array[] = []
  #smallBytes = 0
  #sizeBytes = 0
  #crc32 = 0

  constructor(id: string, blobs: Map<string, readonly Uint8Array[]>) {
    this.#id = id
    this.#blobs = blobs
  }

  write(bytes: Uint8Array): undefined {
    this.#sizeBytes += bytes.length
    this.#crc32 = crc32(bytes, this.#crc32)
    if (bytes.length >= joinUpToBytes / 2) {
      if (this.#smallBytes > 0) this.#join()
      this.#chunks.push(bytes)
      return
    }
    this.#small.push(bytes)
    this.#smallBytes += bytes.length
    if (this.#smallBytes >= joinUpToBytes) this.#join()
  }

  #join(): void {
    this.#chunks.push(Buffer.concat(this.#small, this.#smallBytes))
    this.#small = []
    this.#smallBytes = 0
  }

  /** The description would be lost together with the records. */
  finish({ seal }: BlobDescription): Promise<PendingBlob> {
    if (this.#smallBytes > 0) this.#join()
    this.#blobs.set(this.#id, this.#chunks)
    const segment: Segment = {
      blob: this.#id,
      place: 'memory',
      sizeBytes: this.#sizeBytes,
      crc32: this.#crc32,
      seal,
    }
    return Promise.resolve({ segment, writes: [] })
  }

  discard(): Promise<void> {
    this.#blobs.delete(this.#id)
    return Promise.resolve()
  }
}

class MemoryBlobReader implements BlobReader {
  readonly #segments: readonly Segment[]
  readonly #held: readonly (readonly Uint8Array[])[]

  constructor(segments: readonly Segment[], held: readonly (readonly Uint8Array[])[]) {
    this.#segments = segments
    this.#held = held
  }

  // An async iterable although nothing waits: the reader of files has the same shape.
  async *read(offset: number, length: number): AsyncIterable<Uint8Array> {
    for (const slice of slicesOf(this.#segments, offset, length)) {
      let skip = slice.offset
      let left = slice.length
      for (const chunk of this.#held[slice.index] ?? []) {
        if (left === 0) break
        if (skip >= chunk.length) {
          skip -= chunk.length
          continue
        }
        const bytes = chunk.subarray(skip, skip + left)
        skip = 0
        left -= bytes.length
        yield bytes
      }
    }
  }

  close(): void {
    // The chunks go with the last reference to this reader.
  }
}
