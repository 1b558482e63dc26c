import type { Write } from './database.ts'
import type { BlobSeal } from './object-encryption.ts'

/** Where the bytes of a segment lie: in this process, in a file, or in the key-value store. */
export type SegmentPlace = 'memory' | 'file' | 'level'

/**
 * Part of an object's bytes. Blobs are immutable: they are written once under a random id and
 * removed once no record names them. An object is one segment, or several after a multipart upload.
 */
export interface Segment {
  readonly blob: string
  readonly place: SegmentPlace
  readonly sizeBytes: number
  /** CRC-32 of the bytes, compared whenever the whole segment is read. */
  readonly crc32: number
  /** Present when the bytes are encrypted, which only those who write and read them look at. */
  readonly seal?: BlobSeal | undefined
}

/** How many bytes of an object a segment holds: less than are stored when they are encrypted. */
export function contentBytes({ seal, sizeBytes }: Segment): number {
  return seal?.sizeBytes ?? sizeBytes
}

/** A blob whose bytes are safe and that no record names yet. */
export interface PendingBlob {
  readonly segment: Segment
  /** Writes that must be in the same batch as the record that names the blob. */
  readonly writes: readonly Write[]
}

/** Takes the bytes of one new blob. Exactly one of `finish` and `discard` ends it. */
export interface BlobWriter {
  /** Returns a promise only when the caller has to wait. The bytes may be kept, not copied. */
  write(bytes: Uint8Array): Promise<void> | undefined
  finish(): Promise<PendingBlob>
  discard(): Promise<void>
}

/** Holds the segments of one object readable until it is closed, also when they are removed. */
export interface BlobReader {
  /** The bytes from `offset`, `length` of them. */
  read(offset: number, length: number): AsyncIterable<Uint8Array>
  close(): void
}

export interface BlobStore {
  create(): BlobWriter
  /** Grows with every removal: whoever read a record before one has to read it again. */
  readonly removals: number
  /**
   * Holds the segments. Undefined: one of them has been removed since the record was read, so the
   * record has to be read again.
   */
  open(segments: readonly Segment[]): Promise<BlobReader | undefined>
  /** Writes for the batch that drops the last record which names the segments. */
  removalWrites(segments: readonly Segment[]): readonly Write[]
  /**
   * Gives the bytes that a reader holds one more name, without copying large ones. Goes together
   * with a record, or with `remove`.
   */
  share(segments: readonly Segment[], reader: BlobReader): Promise<readonly PendingBlob[]>
  /** Removes one name of the bytes behind that batch; readers that hold them read on to the end. */
  remove(segments: readonly Segment[]): void
  /** Waits for removals under way. */
  close(): Promise<void>
}

/** Stored bytes differ from what was written: bit rot. */
export class DamagedBlobError extends Error {
  override readonly name = 'DamagedBlobError'
}
