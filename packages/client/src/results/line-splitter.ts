import { InvalidResponseError } from '../errors.ts'

const firstCapacityBytes = 4096

/** How a `LineSplitter` cuts. */
export interface LineRules {
  /** Whose answer it is, for errors. */
  readonly operation: string
  /** What ends a line; not empty. */
  readonly delimiter: string
  /** A longer line is an error, so that nobody can fill the memory. */
  readonly maxLineBytes: number
}

/**
 * Cuts bytes into lines of text, however the bytes are divided: delimiters and characters may lie
 * across two chunks. Keeps the beginning of one line and no more.
 */
export class LineSplitter {
  readonly #operation: string
  readonly #delimiter: Buffer
  readonly #maxLineBytes: number
  /** The line that is not complete yet, in the first `#lengthBytes` bytes. */
  #held: Buffer = Buffer.alloc(0)
  #lengthBytes = 0
  #failure: InvalidResponseError | undefined

  constructor(rules: LineRules) {
    this.#operation = rules.operation
    this.#delimiter = Buffer.from(rules.delimiter, 'utf8')
    this.#maxLineBytes = rules.maxLineBytes
  }

  /** Bytes of the line that is not complete yet. */
  get pendingBytes(): number {
    return this.#lengthBytes
  }

  /**
   * The lines that a chunk completes, without their delimiters. When a line that is too long
   * follows others in one chunk, those are given first and the next call throws.
   *
   * @throws InvalidResponseError for a line that is too long
   */
  push(chunk: Uint8Array): string[] {
    if (this.#failure) throw this.#failure
    const lines: string[] = []
    // The delimiter may have begun in what is held.
    const from = Math.max(0, this.#lengthBytes - this.#delimiter.length + 1)
    this.#hold(chunk)
    const failure = this.#cut(from, lines)
    this.#failure = failure
    if (failure !== undefined && lines.length === 0) throw failure
    return lines
  }

  /** What follows the last delimiter; empty for nothing. */
  end(): string {
    if (this.#failure) throw this.#failure
    const rest = this.#held.toString('utf8', 0, this.#lengthBytes)
    this.#lengthBytes = 0
    return rest
  }

  #cut(from: number, lines: string[]): InvalidResponseError | undefined {
    const bytes = this.#held.subarray(0, this.#lengthBytes)
    let start = 0
    let at = bytes.indexOf(this.#delimiter, from)
    while (at >= 0 && at - start <= this.#maxLineBytes) {
      lines.push(bytes.toString('utf8', start, at))
      start = at + this.#delimiter.length
      at = bytes.indexOf(this.#delimiter, start)
    }
    this.#lengthBytes -= start
    if (start > 0) this.#held.copyWithin(0, start, start + this.#lengthBytes)
    const fits = at < 0 && this.#lengthBytes <= this.#maxLineBytes + this.#delimiter.length
    return fits ? undefined : tooLong(this.#operation, this.#maxLineBytes)
  }

  /** Adds to what is held; room doubles, so that many small chunks stay cheap. */
  #hold(chunk: Uint8Array): void {
    const neededBytes = this.#lengthBytes + chunk.length
    if (neededBytes > this.#held.length) {
      const capacity = Math.max(firstCapacityBytes, neededBytes, this.#held.length * 2)
      const larger = Buffer.allocUnsafe(capacity)
      this.#held.copy(larger, 0, 0, this.#lengthBytes)
      this.#held = larger
    }
    this.#held.set(chunk, this.#lengthBytes)
    this.#lengthBytes = neededBytes
  }
}

function tooLong(operation: string, maxLineBytes: number): InvalidResponseError {
  return new InvalidResponseError(operation, `a line has more than ${maxLineBytes} bytes`)
}
