import { createHash, type Hash } from 'node:crypto'
import type { ErrorCode } from '../errors/error-codes.ts'
import { ChunkSigner, type ChunkSigningContext } from './chunk-signer.ts'
import { equalInConstantTime } from './post-policy.ts'
import { trimBlanks } from './trim-blanks.ts'

/** The limits that MinIO's server keeps as well. */
const maxLineBytes = 4096
const defaultMaxChunkBytes = 16 * 1024 * 1024
const maxTrailers = 32

const chunkLine = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?$/
const trailerLine = /^([A-Za-z0-9\-_]+):(.*)$/

/** A framed body that breaks the framing, or whose signatures do not match. */
export class ChunkedError extends Error {
  override readonly name = 'ChunkedError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface ChunkedDecoderOptions {
  /** Given when the chunks are signed. */
  readonly context?: ChunkSigningContext | undefined
  /** Whether trailing headers may follow the last chunk. */
  readonly trailer: boolean
  /** Largest chunk to accept, in bytes. Default 16 MiB. */
  readonly maxChunkBytes?: number | undefined
}

type State = 'header' | 'data' | 'data-end' | 'trailer' | 'done'

/**
 * Takes an `aws-chunked` body apart as it arrives. Data is handed out before the
 * signature of its chunk is known to be right, so that nothing is buffered: whoever
 * stores it commits only after `end()` has returned.
 */
export class ChunkedDecoder {
  readonly #signer: ChunkSigner | undefined
  readonly #trailerAllowed: boolean
  readonly #maxChunkBytes: number
  #state: State = 'header'
  #line = ''
  #remaining = 0
  #lastChunk = false
  #expectedSignature = ''
  #hash: Hash | undefined
  #trailerSignature: string | undefined
  #signedTrailers = ''
  readonly #trailers = new Map<string, string>()

  constructor(options: ChunkedDecoderOptions) {
    this.#signer = options.context && new ChunkSigner(options.context)
    this.#trailerAllowed = options.trailer
    this.#maxChunkBytes = options.maxChunkBytes ?? defaultMaxChunkBytes
  }

  /**
   * Takes the next bytes off the wire and returns the data in them, as views.
   * @throws ChunkedError
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const data: Uint8Array[] = []
    let position = 0
    while (position < bytes.length) {
      if (this.#state === 'done') {
        throw new ChunkedError('IncompleteBody', 'Bytes follow the last chunk.')
      }
      if (this.#state === 'data') {
        const piece = bytes.subarray(position, position + this.#remaining)
        position += piece.length
        this.#takeData(piece)
        data.push(piece)
      } else {
        position = this.#takeLine(bytes, position)
      }
    }
    return data
  }

  /**
   * Ends the body and returns its trailing headers, names in lower case.
   * @throws ChunkedError when chunks or trailers are missing.
   */
  end(): ReadonlyMap<string, string> {
    if (this.#state !== 'done') {
      throw new ChunkedError('IncompleteBody', 'The body ends before its last chunk.')
    }
    return this.#trailers
  }

  #takeData(piece: Uint8Array): void {
    this.#hash?.update(piece)
    this.#remaining -= piece.length
    if (this.#remaining === 0) this.#state = 'data-end'
  }

  #takeLine(bytes: Uint8Array, from: number): number {
    const newline = bytes.indexOf(10, from)
    const to = newline === -1 ? bytes.length : newline + 1
    if (this.#line.length + to - from > maxLineBytes) {
      throw new ChunkedError('InvalidChunkSizeError', 'A chunk header is too long.')
    }
    this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
    if (newline === -1) return to
    if (!this.#line.endsWith('\r\n')) {
      throw new ChunkedError('IncompleteBody', 'A line of the framing does not end in CR LF.')
    }
    const line = this.#line.slice(0, -2)
    this.#line = ''
    this.#readLine(line)
    return to
  }

  #readLine(line: string): void {
    if (this.#state === 'header') this.#readChunkHeader(line)
    else if (this.#state === 'trailer') this.#readTrailer(line)
    else this.#endChunk(line)
  }

  #readChunkHeader(line: string): void {
    const match = chunkLine.exec(line)
    if (!match || (match[2] === undefined) !== (this.#signer === undefined)) {
      throw new ChunkedError('InvalidChunkSizeError', 'A chunk header is malformed.')
    }
    this.#remaining = Number.parseInt(match[1] ?? '', 16)
    this.#expectedSignature = match[2] ?? ''
    if (this.#remaining > this.#maxChunkBytes) {
      throw new ChunkedError('InvalidChunkSizeError', 'A chunk is too large.')
    }
    this.#hash = this.#signer && createHash('sha256')
    this.#lastChunk = this.#remaining === 0
    if (!this.#lastChunk) {
      this.#state = 'data'
      return
    }
    this.#verifyChunk()
    this.#state = 'trailer'
  }

  #verifyChunk(): void {
    if (!this.#signer || !this.#hash) return
    const signature = this.#signer.chunk(this.#hash.digest('hex'))
    if (!equalInConstantTime(signature, this.#expectedSignature)) {
      throw new ChunkedError('SignatureDoesNotMatch', 'The signature of a chunk does not match.')
    }
  }

  #endChunk(line: string): void {
    if (line !== '') throw new ChunkedError('IncompleteBody', 'A chunk is longer than it says.')
    this.#verifyChunk()
    this.#state = 'header'
  }

  #readTrailer(line: string): void {
    if (line === '') {
      this.#finish()
      return
    }
    const match = trailerLine.exec(line)
    const name = match?.[1]?.toLowerCase()
    // An expression that looks for the blanks at the end takes quadratic time.
    const value = match?.[2] === undefined ? undefined : trimBlanks(match[2])
    if (name === undefined || value === undefined || this.#trailerSignature !== undefined) {
      throw new ChunkedError('MalformedTrailerError', 'A trailing header is malformed.')
    }
    if (!this.#trailerAllowed || this.#trailers.has(name) || this.#trailers.size >= maxTrailers) {
      throw new ChunkedError('MalformedTrailerError', 'A trailing header is out of place.')
    }
    if (name === 'x-amz-trailer-signature' && this.#signer) {
      this.#trailerSignature = value
      return
    }
    this.#signedTrailers += `${name}:${value}\n`
    this.#trailers.set(name, value)
  }

  #finish(): void {
    if (this.#signer && this.#trailerAllowed) {
      const signature = this.#signer.trailer(this.#signedTrailers)
      if (!equalInConstantTime(signature, this.#trailerSignature ?? '')) {
        throw new ChunkedError('SignatureDoesNotMatch', 'The trailer signature does not match.')
      }
    }
    this.#state = 'done'
  }
}
