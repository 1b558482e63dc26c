import type { RequestBody } from '../request/body.ts'

/** A piece of the object to come. */
export interface SourcePart {
  /** From 1, without gaps. */
  readonly partNumber: number
  readonly offset: number
  readonly sizeBytes: number
  /** Whether nothing follows. */
  readonly isLast: boolean
  /** Gets the bytes ready: a body that can be opened any number of times, until `release`. */
  open(): Promise<RequestBody>
  /** The part is done; its memory may serve another. */
  release(): void
}

/** Cuts what is uploaded into parts, in order and without running ahead. */
export interface PartSource {
  /** Bytes in all; undefined when nobody knows. */
  readonly sizeBytes: number | undefined
  /** Whether one part cannot hold it, which is known before anything is read. */
  readonly isLarge: boolean
  /** The next part, never after the last. One call at a time. An empty source has one part. */
  next(): Promise<SourcePart>
  /** Checks, when all has been read, that the source was what it said. */
  verify(): Promise<void>
  /** Gives the source up; more than once does no harm. */
  close(): Promise<void>
}
