import { contentBytes, DamagedBlobError, type BlobReader, type Segment } from '../store/blobs.ts'
import { slicesOf, type SegmentSlice } from '../store/segment-slices.ts'
import {
  BrokenSealError,
  ChunkCipher,
  chunkBytes,
  chunkCount,
  sealedChunkBytes,
  tagBytes,
} from './chunk-cipher.ts'

/**
 * Decrypts what a reader gives. Of each segment only the chunks are read that hold the wanted
 * bytes, and no byte is handed out before its chunk is proven.
 */
export class OpeningReader implements BlobReader {
  readonly #reader: BlobReader
  readonly #segments: readonly Segment[]
  readonly #objectKey: Buffer

  constructor(reader: BlobReader, segments: readonly Segment[], objectKey: Buffer) {
    this.#reader = reader
    this.#segments = segments
    this.#objectKey = objectKey
  }

  async *read(offset: number, length: number): AsyncIterable<Uint8Array> {
    const plain = this.#segments.map((segment) => ({
      ...segment,
      sizeBytes: contentBytes(segment),
    }))
    for (const slice of slicesOf(plain, offset, length)) yield* this.#readSlice(slice)
  }

  async *#readSlice(slice: SegmentSlice): AsyncIterable<Uint8Array> {
    const { cipher, count } = this.#sealOf(slice)
    const first = Math.floor(slice.offset / chunkBytes)
    const last = Math.floor((slice.offset + slice.length - 1) / chunkBytes)
    let skip = slice.offset - first * chunkBytes
    let left = slice.length
    let index = first
    for await (const sealed of this.#sealedChunks(slice, first, last)) {
      const opened = openChunk(cipher, slice, { index, last: index === count - 1, sealed })
      const bytes = opened.subarray(skip, skip + left)
      index += 1
      skip = 0
      left -= bytes.length
      yield bytes
    }
    if (left !== 0) throw new DamagedBlobError('is too short', slice.segment)
  }

  #sealOf({ index, segment }: SegmentSlice): { cipher: ChunkCipher; count: number } {
    const { seal } = segment
    const stored = this.#segments[index]?.sizeBytes
    if (seal === undefined) throw new DamagedBlobError('is not encrypted', segment)
    const count = chunkCount(seal.sizeBytes)
    if (stored !== seal.sizeBytes + count * tagBytes) {
      throw new DamagedBlobError('does not have the size of its content', segment)
    }
    return { cipher: new ChunkCipher(this.#objectKey, Buffer.from(seal.salt, 'base64')), count }
  }

  /** The sealed chunks from `first` to `last`, each whole. */
  async *#sealedChunks(
    { index }: SegmentSlice,
    first: number,
    last: number,
  ): AsyncIterable<Buffer> {
    const before = this.#segments.slice(0, index)
    const base = before.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const stored = this.#segments[index]?.sizeBytes ?? 0
    const start = first * sealedChunkBytes
    const end = Math.min(stored, (last + 1) * sealedChunkBytes)
    let gathered: Uint8Array[] = []
    let wanted = Math.min(sealedChunkBytes, end - start)
    let left = end - start
    for await (const bytes of this.#reader.read(base + start, end - start)) {
      let rest = bytes
      while (rest.length >= wanted && wanted > 0) {
        yield joined(gathered, rest.subarray(0, wanted))
        left -= wanted + gathered.reduce((sum, { length }) => sum + length, 0)
        rest = rest.subarray(wanted)
        gathered = []
        wanted = Math.min(sealedChunkBytes, left)
      }
      if (rest.length > 0) gathered.push(rest)
      wanted -= rest.length
    }
  }

  close(): void {
    this.#objectKey.fill(0)
    this.#reader.close()
  }
}

interface SealedChunk {
  readonly index: number
  readonly last: boolean
  readonly sealed: Buffer
}

/** @throws DamagedBlobError */
function openChunk(
  cipher: ChunkCipher,
  { segment }: SegmentSlice,
  { index, last, sealed }: SealedChunk,
): Buffer {
  try {
    return cipher.open(index, last, sealed)
  } catch (cause) {
    if (!(cause instanceof BrokenSealError)) throw cause
    const damage = { blob: segment.blob, position: index * sealedChunkBytes, cause }
    throw new DamagedBlobError('does not open with its key', damage)
  }
}

function joined(gathered: readonly Uint8Array[], rest: Uint8Array): Buffer {
  if (gathered.length > 0) return Buffer.concat([...gathered, rest])
  return Buffer.from(rest.buffer, rest.byteOffset, rest.length)
}
