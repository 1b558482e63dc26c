import type { Readable } from 'node:stream'
import { EventStreamDecoder, type EventStreamMessage } from '@stowage/protocol'
import { checkInteger } from '../checks.ts'
import { InvalidResponseError } from '../errors.ts'
import type { BodyStream } from '../transport/transport.ts'
import { nodeStreamOf, piecesOf, webStreamOf } from './byte-streams.ts'
import { LineSplitter } from './line-splitter.ts'
import { readSelectCounts, type SelectCounts } from './select-counts.ts'
import {
  cutShort,
  errorOfMessage,
  streamFailure,
  textHeader,
  type SelectFacts,
} from './select-failure.ts'

/** How a result is to be read. */
export interface SelectReading {
  /** What ends a record. */
  readonly recordDelimiter: string
  readonly maxMessageBytes: number | undefined
  readonly onProgress: ((progress: SelectCounts) => void) | undefined
}

const noBytes = new Uint8Array(0)
/** S3's own limit is 1 MB a record. */
const defaultMaxLineBytes = 16 * 1024 * 1024
const maxMaxLineBytes = 2 ** 30

/**
 * The result of a query on its way: read it once, in one of these forms, or `cancel` it. Each
 * message of the store is checked by both of its checksums. What has been read so far is no
 * complete result until reading ends without an error: the store may find the query wrong at the
 * last record, and a result that is cut is an error, never a short success.
 *
 * @example
 * ```ts
 * import { Client } from 'stowage'
 *
 * async function print(client: Client): Promise<void> {
 *   const result = await client.selectObjectContent('logs', 'day.csv.gz', {
 *     expression: 'SELECT s.ip FROM S3Object s',
 *     input: { csv: { fileHeaderInfo: 'USE' }, compression: 'GZIP' },
 *     output: { csv: {} },
 *   })
 *   for await (const line of result.lines()) console.log(line)
 *   console.log(result.stats?.bytesScanned)
 * }
 * ```
 */
export class SelectReader implements AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly #body: BodyStream
  readonly #facts: SelectFacts
  readonly #reading: SelectReading
  readonly #decoder: EventStreamDecoder
  #messages: readonly EventStreamMessage[] = []
  #at = 0
  #state: 'open' | 'ended' | 'failed' | 'cancelled' = 'open'
  #failure: unknown
  #progress: SelectCounts | undefined
  #stats: SelectCounts | undefined

  /** Use `Client.selectObjectContent`. */
  constructor(body: BodyStream, facts: SelectFacts, reading: SelectReading) {
    this.#body = body
    this.#facts = facts
    this.#reading = reading
    this.#decoder = new EventStreamDecoder({ maxMessageBytes: reading.maxMessageBytes })
  }

  /** The latest progress, where it was asked for and the store sent any. */
  get progress(): SelectCounts | undefined {
    return this.#progress
  }

  /** What the whole query took; undefined before the end. */
  get stats(): SelectCounts | undefined {
    return this.#state === 'ended' ? this.#stats : undefined
  }

  /**
   * The next bytes of records, undefined after the last. Neither records nor characters need to
   * be whole in a piece.
   *
   * @throws S3Error when the store gives the query up; what came before has been given
   * @throws IntegrityError when a checksum is wrong
   * @throws TransportError when the result is cut
   */
  async read(): Promise<Uint8Array | undefined> {
    try {
      while (this.#state === 'open') {
        const message = this.#messages[this.#at++]
        if (message === undefined) await this.#receive()
        else if (this.#take(message) && message.payload.length > 0) return message.payload
      }
    } catch (error) {
      this.#fail(error)
    }
    if (this.#state === 'failed') throw this.#failure
    return undefined
  }

  /** Everything as bytes. */
  bytes(): Promise<Uint8Array> {
    return this.#collect()
  }

  /** Everything as text, decoded as UTF-8. */
  async text(): Promise<string> {
    return (await this.#collect()).toString('utf8')
  }

  /**
   * The records as text, cut at the record delimiter of the output. A CSV field that holds the
   * delimiter within quotes is cut there as well.
   *
   * @param options.maxLineBytes a longer record is an `InvalidResponseError`; default 16 MiB
   */
  async *lines(
    options: { readonly maxLineBytes?: number | undefined } = {},
  ): AsyncGenerator<string, void, undefined> {
    const { maxLineBytes = defaultMaxLineBytes } = options
    checkInteger('maxLineBytes', maxLineBytes, 1, maxMaxLineBytes)
    const { operation } = this.#facts
    const delimiter = this.#reading.recordDelimiter
    const splitter = new LineSplitter({ operation, delimiter, maxLineBytes })
    try {
      for (let piece = await this.read(); piece; piece = await this.read()) {
        yield* splitter.push(piece)
      }
      const last = splitter.end()
      if (last !== '') yield last
    } finally {
      this.cancel()
    }
  }

  /**
   * The records of a JSON output, parsed.
   *
   * @throws InvalidResponseError for a record that is not JSON, as those of a CSV output
   */
  async *records(): AsyncGenerator<unknown, void, undefined> {
    for await (const line of this.lines()) {
      if (line.trim() !== '') yield this.#parse(line)
    }
  }

  /** The pieces as they arrive; leaving the loop early frees the connection. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return piecesOf(this)
  }

  /** A web stream. */
  stream(): ReadableStream<Uint8Array> {
    return webStreamOf(this)
  }

  /** A Node stream. */
  nodeStream(): Readable {
    return nodeStreamOf(this)
  }

  /** Gives the rest up and frees the connection. Does nothing after the end. */
  cancel(): void {
    if (this.#state !== 'open') return
    this.#state = 'cancelled'
    this.#body.cancel()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
    return Promise.resolve()
  }

  async #collect(): Promise<Buffer> {
    const pieces: Uint8Array[] = []
    for (let piece = await this.read(); piece; piece = await this.read()) pieces.push(piece)
    return Buffer.concat(pieces)
  }

  /** Reads on until there are messages. */
  async #receive(): Promise<void> {
    this.#at = 0
    this.#messages = []
    // Messages that came before damage in the same chunk were given first; now its turn has come.
    this.#decoder.push(noBytes)
    const chunk = await this.#body.read()
    if (this.#state !== 'open') return
    if (chunk === undefined) {
      this.#decoder.end()
      throw cutShort(this.#facts)
    }
    this.#messages = this.#decoder.push(chunk)
  }

  /** Does what a message says; whether it holds records. */
  #take(message: EventStreamMessage): boolean {
    const type = textHeader(message, ':message-type')
    if (type === 'error' || type === 'exception') throw errorOfMessage(message, this.#facts)
    switch (textHeader(message, ':event-type') ?? '') {
      case 'Records':
        return true
      case 'Progress':
        this.#progress = readSelectCounts(message.payload)
        this.#reading.onProgress?.(this.#progress)
        return false
      case 'Stats':
        this.#stats = readSelectCounts(message.payload)
        return false
      case 'End':
        this.#end()
        return false
      default: // `Cont` keeps the connection alive; what is new must not break us.
        return false
    }
  }

  /** The result is complete; what is left of the answer is its end, after which the socket is free. */
  #end(): void {
    this.#state = 'ended'
    void this.#drain()
  }

  async #drain(): Promise<void> {
    try {
      if (await this.#body.read()) this.#body.cancel()
    } catch {} // Nothing that was wanted is missing.
  }

  #fail(error: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#failure = streamFailure(error, this.#facts)
    this.#body.cancel()
  }

  #parse(line: string): unknown {
    try {
      return JSON.parse(line)
    } catch {
      // The cause would quote the record.
      throw new InvalidResponseError(this.#facts.operation, 'a record is not JSON')
    }
  }
}
