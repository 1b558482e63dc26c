import { TextDecoder } from 'node:util'
import { Readable } from 'node:stream'
import { TransportError } from '../errors.ts'
import type { ObjectStat } from './object-stat.ts'
import type { BodyStream } from '../transport/transport.ts'

/**
 * The content of an object on its way: read it once, in one of these forms, or `cancel` it.
 * A body that ends too early is an error, never a short success.
 */
export class ObjectReader implements AsyncIterable<Uint8Array>, AsyncDisposable {
  /** What the store said of the object. */
  readonly stat: ObjectStat
  /** Bytes that will come: fewer than `stat.sizeBytes` for a range; undefined if unknown. */
  readonly lengthBytes: number | undefined
  readonly #body: BodyStream
  #received = 0

  constructor(stat: ObjectStat, body: BodyStream, lengthBytes: number | undefined) {
    this.stat = stat
    this.lengthBytes = lengthBytes
    this.#body = body
  }

  /**
   * The next piece, undefined after the last.
   * @throws TransportError when the body is cut
   */
  async read(): Promise<Uint8Array | undefined> {
    const chunk = await this.#body.read()
    if (chunk) this.#received += chunk.length
    else this.#checkLength()
    return chunk
  }

  /** Everything as bytes. */
  async bytes(): Promise<Uint8Array> {
    const bytes = await this.#body.readAll()
    this.#received += bytes.length
    this.#checkLength()
    return bytes
  }

  /** Everything as text, decoded as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }

  /**
   * Everything parsed as JSON.
   * @throws SyntaxError when it is none
   */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown
  }

  /** The pieces as they arrive; leaving the loop early frees the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let chunk = await this.read(); chunk; chunk = await this.read()) yield chunk
    } finally {
      this.cancel()
    }
  }

  /** A web stream. */
  stream(): ReadableStream<Uint8Array> {
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

  /** Gives the rest up and frees the connection. Does nothing after the end. */
  cancel(): void {
    this.#body.cancel()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
    return Promise.resolve()
  }

  #checkLength(): void {
    if (this.lengthBytes === undefined || this.#received === this.lengthBytes) return
    throw new TransportError(
      'truncated',
      `GetObject: got ${this.#received} of ${this.lengthBytes} bytes`,
      { requestSent: true, responseStarted: true, operation: 'GetObject' },
    )
  }
}
