import { Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { InvalidArgumentError, InvalidResponseError, TransportError } from '../errors.ts'
import type { BodyStream } from '../transport/transport.ts'
import type { ContentCheck, Verification } from './content-check.ts'
import type { ObjectStat } from './object-stat.ts'

/** Asks for the rest of a body that was cut, from so many bytes on. */
export type Reopen = (receivedBytes: number) => Promise<BodyStream>

/** A body that is cut this often without a byte in between is given up. */
const maxCutsInARow = 3

/**
 * The content of an object on its way: read it once, in one of these forms, or `cancel` it.
 * A second form is refused: each would get a part of the content and take it for all.
 * A body that is cut is continued where it ended, if the object is still the same one;
 * otherwise it is an error, never a short success.
 */
export class ObjectReader implements AsyncIterable<Uint8Array>, AsyncDisposable {
  /** What the store said of the object. */
  readonly stat: ObjectStat
  /** Bytes that will come: fewer than `stat.sizeBytes` for a range; undefined if unknown. */
  readonly lengthBytes: number | undefined
  readonly #reopen: Reopen | undefined
  readonly #check: ContentCheck | undefined
  /** Everything was read, and passed. */
  #isWhole = false
  #body: BodyStream
  #received = 0
  #cutsInARow = 0
  #cancelled = false
  #isTaken = false
  #isReading = false

  /**
   * @param reopen absent where nothing tells whether the rest is of the same object
   * @param check what the content must pass
   */
  constructor(
    stat: ObjectStat,
    body: BodyStream,
    lengthBytes: number | undefined,
    reopen: Reopen | undefined,
    check?: ContentCheck,
  ) {
    this.stat = stat
    this.lengthBytes = lengthBytes
    this.#body = body
    this.#reopen = reopen
    this.#check = check
  }

  /**
   * What the content is compared with before the reader says that it is at the end; undefined where
   * the store does not even tell the length.
   */
  get verifiedBy(): Verification | undefined {
    return this.#check?.verification ?? (this.lengthBytes === undefined ? undefined : 'length')
  }

  /**
   * The next piece, undefined after the last.
   * @throws InvalidArgumentError while another call waits for a piece, and after `cancel`
   * @throws TransportError when the body is cut and cannot be continued
   * @throws S3Error when the store refuses the rest, `PreconditionFailed` when the object was
   *   replaced meanwhile
   * @throws InvalidResponseError when the rest, or the length, is not what was asked for
   * @throws IntegrityError when the rest is of another object, and at the end, when the content is
   *   not what the store has (`verify`)
   */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#isReading) throw new InvalidArgumentError('reader', 'is being read by another call')
    this.#isReading = true
    try {
      for (;;) {
        try {
          const chunk = await this.#body.read()
          this.#account(chunk)
          return chunk
        } catch (error) {
          await this.#continueAfter(error)
        }
      }
    } finally {
      this.#isReading = false
    }
  }

  /** @param chunk undefined at the end */
  #account(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) {
      if (this.#cancelled) throw new InvalidArgumentError('reader', 'was cancelled: get it again')
      this.#checkLength()
      this.#checkContent()
      return
    }
    if (this.lengthBytes !== undefined && this.#received + chunk.length > this.lengthBytes) {
      this.#body.cancel()
      throw new InvalidResponseError('GetObject', 'the body is longer than its head says')
    }
    this.#received += chunk.length
    this.#cutsInARow = 0
    this.#check?.update(chunk)
  }

  async #continueAfter(error: unknown): Promise<void> {
    const missing = this.lengthBytes !== undefined && this.#received < this.lengthBytes
    if (!(error instanceof TransportError) || !missing || !this.#reopen) throw error
    if (this.#cancelled || ++this.#cutsInARow > maxCutsInARow) throw error
    this.#body = await this.#reopen(this.#received)
    if (this.#cancelled) this.#body.cancel()
  }

  /**
   * Everything as bytes.
   * @throws InvalidArgumentError where something was read before
   */
  async bytes(): Promise<Uint8Array> {
    this.#take()
    if (this.#received > 0) throw new InvalidArgumentError('reader', 'was read in part')
    const first = await this.read()
    if (!first) return new Uint8Array(0)
    // Most objects that are read like this come in one piece.
    if (first.length === this.lengthBytes) {
      this.#checkContent()
      return first
    }
    const chunks = [first]
    for (let chunk = await this.read(); chunk; chunk = await this.read()) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  /**
   * Everything as text, decoded as UTF-8; a byte order mark is dropped.
   * @throws InvalidArgumentError where something was read before
   */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }

  /**
   * Everything parsed as JSON.
   * @throws InvalidArgumentError where something was read before
   * @throws SyntaxError when it is none
   */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown
  }

  /**
   * The pieces as they arrive, or those that `read` has left; leaving the loop early frees the
   * connection.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.#take()
    try {
      for (let chunk = await this.read(); chunk; chunk = await this.read()) yield chunk
    } finally {
      this.cancel()
    }
  }

  /** A web stream. */
  stream(): ReadableStream<Uint8Array> {
    this.#take()
    return new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.read()
          if (chunk) controller.enqueue(chunk)
          else controller.close()
        },
        cancel: () => this.cancel(),
      },
      { highWaterMark: 0 },
    )
  }

  /** A Node stream. */
  nodeStream(): Readable {
    return Readable.from(this, { objectMode: false })
  }

  /**
   * Gives the rest up and frees the connection; who still waits for it gets an error. Does nothing
   * after the end.
   */
  cancel(): void {
    if (!this.#isWhole) this.#cancelled = true
    this.#body.cancel()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
    return Promise.resolve()
  }

  #take(): void {
    if (this.#isTaken) throw new InvalidArgumentError('reader', 'was read already: get it again')
    if (this.#cancelled) throw new InvalidArgumentError('reader', 'was cancelled: get it again')
    this.#isTaken = true
  }

  #checkContent(): void {
    if (this.#isWhole) return
    this.#check?.finish()
    this.#isWhole = true
  }

  #checkLength(): void {
    if (this.lengthBytes === undefined) return
    if (this.#received === this.lengthBytes) return
    throw new TransportError(
      'truncated',
      `GetObject: got ${this.#received} of ${this.lengthBytes} bytes`,
      { requestSent: true, responseStarted: true, operation: 'GetObject' },
    )
  }
}
