import { Buffer } from 'node:buffer'

/** The bytes in which a record must begin to be taken, both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Where a record begins, seen from a range. */
export type Place = 'before' | 'within' | 'behind'

/**
 * Follows the offset of a parser that works on text. All text is read from the start of the object:
 * within quotes a record delimiter means nothing, and only what came before tells.
 */
export class RangeTracker {
  readonly #range: ByteRange
  /** Without the byte order mark, so that neighbouring ranges share all records all the same. */
  #offset = 0

  constructor(range: ByteRange) {
    this.#range = range
  }

  /** Takes the next piece of text, delimiter included, and tells where it began. */
  advance(piece: string): Place {
    const start = this.#offset
    this.#offset += Buffer.byteLength(piece)
    if (start < this.#range.start) return 'before'
    return start > this.#range.end ? 'behind' : 'within'
  }
}
