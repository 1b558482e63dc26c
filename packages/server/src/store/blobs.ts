import type { Write } from './database.ts'
import type { BlobSeal } from './object-encryption.ts'
import type { ObjectDraft } from './object-record.ts'
import type { PartDraft, UploadRecord } from './uploads.ts'

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
  /** CRC-32 of the bytes, or for a file of its footer, which has one for each block of them. */
  readonly crc32: number
  /** Length of what follows the bytes in a file; see `blob-file.ts`. */
  readonly footerBytes?: number | undefined
  /** Present when the bytes are encrypted, which only those who write and read them look at. */
  readonly seal?: BlobSeal | undefined
}

/** How many bytes of an object a segment holds: less than are stored when they are encrypted. */
export function contentBytes({ seal, sizeBytes }: Segment): number {
  return seal?.sizeBytes ?? sizeBytes
}

/**
 * What a blob is for, kept with its bytes, so that an object can be rebuilt where its record is
 * lost. It is either the whole of an object or a part of an upload.
 */
export interface BlobDescription {
  readonly bucket: string
  readonly key: string
  readonly writtenMs: number
  readonly object?: ObjectDraft | undefined
  readonly part?: DescribedPart | undefined
  /** Present when the bytes are encrypted. */
  readonly seal?: BlobSeal | undefined
}

export interface DescribedPart extends PartDraft {
  readonly partNumber: number
  readonly upload: UploadRecord
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
  /** @param description is kept with the bytes where they could outlive their record */
  finish(description: BlobDescription): Promise<PendingBlob>
  discard(): Promise<void>
}

/** Holds the segments of one object readable until it is closed, also when they are removed. */
export interface BlobReader {
  /**
   * The bytes from `offset`, `length` of them; each is proven before it is handed out.
   * @throws DamagedBlobError
   */
  read(offset: number, length: number): AsyncIterable<Uint8Array>
  close(): void
}

/** A blob of a record is not there. */
export interface MissingBlob {
  readonly missing: string
}

export interface BlobStore {
  create(): BlobWriter
  /** Grows with every removal: whoever read a record before one has to read it again. */
  readonly removals: number
  /**
   * Holds the segments. One that is missing was removed since the record was read, or is lost: the
   * record tells, when it is read again.
   * @throws DamagedBlobError
   */
  open(segments: readonly Segment[]): Promise<BlobReader | MissingBlob>
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

/** Where stored bytes are damaged. */
export interface Damage {
  /** Id of the blob: the name of its file, where it is one. */
  readonly blob: string
  /** First byte of the block that is damaged; absent where it is the whole blob. */
  readonly position?: number | undefined
  /** What the file system or the cipher threw. */
  readonly cause?: unknown
}

/**
 * Stored bytes are missing, cannot be read, or are not what was written. None of them is delivered:
 * the request is answered with InternalError, or its connection is reset, and `onDefect` is told.
 *
 * @example
 * const server = await startServer({
 *   directory: 'data',
 *   onDefect: (error) => {
 *     if (error instanceof DamagedBlobError) console.error(error.blob, error.position)
 *   },
 * })
 */
export class DamagedBlobError extends Error {
  override readonly name: string = 'DamagedBlobError'
  /** Id of the blob: the name of its file, where it is one. */
  readonly blob: string
  /** First byte of the block that is damaged; undefined where it is the whole blob. */
  readonly position: number | undefined

  /** @param reason such as `is missing` */
  constructor(reason: string, { blob, position, cause }: Damage) {
    const place = position === undefined ? '' : ` at byte ${position}`
    super(`the blob ${blob} ${reason}${place}`, cause === undefined ? {} : { cause })
    this.blob = blob
    this.position = position
  }
}
