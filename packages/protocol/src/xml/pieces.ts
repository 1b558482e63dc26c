import { Buffer } from 'node:buffer'
import { LESS } from './characters.ts'

/**
 * V8 keeps strings beyond some 128 KiB apart, where making one costs ten times what it costs to
 * fill it. The longest page of a listing is twice as long and more.
 */
const PIECE_BYTES = 96 * 1024

/**
 * The text of a document in UTF-8, piece by piece. Every piece but the first begins with `<`, so
 * that tags and texts are never cut; what may hold a `<` of its own (a comment, CDATA) can be.
 * A byte order mark stays, and what is no UTF-8 becomes U+FFFD.
 */
export class TextPieces {
  readonly #bytes: Buffer
  readonly #pieceBytes: number
  #at = 0

  /** @param pieceBytes - how long a piece may get, unless it has to be longer */
  constructor(bytes: Uint8Array, pieceBytes: number = PIECE_BYTES) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#pieceBytes = pieceBytes
  }

  /** Whether every piece was taken. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** The next piece; empty behind the last. */
  next(): string {
    return this.#take(this.#end())
  }

  /** All that is left, in one piece. */
  rest(): string {
    return this.#take(this.#bytes.length)
  }

  #take(end: number): string {
    const piece = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end
    return piece
  }

  #end(): number {
    const bytes = this.#bytes
    const limit = this.#at + this.#pieceBytes
    if (limit >= bytes.length) return bytes.length
    const last = bytes.lastIndexOf(LESS, limit)
    if (last > this.#at) return last
    const next = bytes.indexOf(LESS, limit)
    return next < 0 ? bytes.length : next
  }
}

/** What a reader takes. */
export function sourceOf(document: string | Uint8Array): string | TextPieces {
  return typeof document === 'string' ? document : new TextPieces(document)
}
