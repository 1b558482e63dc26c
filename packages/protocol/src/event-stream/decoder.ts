import { crc32 } from 'node:zlib'
import { readHeaders } from './header-reader.ts'
import {
  EventStreamError,
  maxHeadersBytes,
  minMessageBytes,
  preludeBytes,
  trailerBytes,
} from './message.ts'
import type { EventStreamMessage } from './message.ts'

/** Limits of an {@link EventStreamDecoder}. */
export interface EventStreamDecoderOptions {
  /** Largest message in bytes, headers and payload together; 16 MiB unless given. */
  readonly maxMessageBytes?: number | undefined
}

const defaultMaxMessageBytes = 16 * 1024 * 1024

/**
 * Cuts a stream of bytes into messages, whatever the sizes of the chunks, and checks both CRCs of
 * each. A message that lies within one chunk is not copied: its payload is a view of that chunk.
 *
 * @example
 * declare const body: AsyncIterable<Uint8Array>
 * const decoder = new EventStreamDecoder()
 * for await (const chunk of body) {
 *   for (const message of decoder.push(chunk)) console.log(message.payload)
 * }
 * decoder.end()
 */
export class EventStreamDecoder {
  readonly #maxMessageBytes: number
  readonly #prelude = new Uint8Array(preludeBytes)
  /** A message that began in an earlier chunk; first its prelude only, then in its full length. */
  #partial: Uint8Array | undefined
  #filled = 0
  #failure: EventStreamError | undefined

  constructor(options: EventStreamDecoderOptions = {}) {
    this.#maxMessageBytes = options.maxMessageBytes ?? defaultMaxMessageBytes
  }

  /**
   * Takes the next chunk and gives the messages that it completes. When a bad message follows
   * good ones in one chunk, the good ones are given first and the next call throws: what is
   * delivered does not depend on how the stream was cut.
   *
   * @throws EventStreamError for bytes that are no event stream; every later call throws it again
   */
  push(chunk: Uint8Array): EventStreamMessage[] {
    if (this.#failure !== undefined) throw this.#failure
    const messages: EventStreamMessage[] = []
    try {
      this.#read(chunk, messages)
    } catch (error) {
      if (!(error instanceof EventStreamError)) throw error
      this.#failure = error
      if (messages.length === 0) throw error
    }
    return messages
  }

  /**
   * Tells that no more bytes come.
   *
   * @throws EventStreamError when the stream ends within a message, or was bad before
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#partial !== undefined) {
      throw new EventStreamError('truncated', 'The event stream ends within a message')
    }
  }

  #read(chunk: Uint8Array, messages: EventStreamMessage[]): void {
    let rest = chunk
    while (rest.length > 0) {
      const whole = this.#partial === undefined ? this.#takeWhole(rest) : undefined
      if (whole === undefined) {
        rest = rest.subarray(this.#collect(rest))
        const collected = this.#takeCollected()
        if (collected !== undefined) messages.push(decodeMessage(collected))
      } else {
        messages.push(decodeMessage(whole))
        rest = rest.subarray(whole.length)
      }
    }
  }

  /** The first message of the bytes, if all of it is there. */
  #takeWhole(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length < preludeBytes) return undefined
    const length = readPrelude(bytes, this.#maxMessageBytes)
    return bytes.length < length ? undefined : bytes.subarray(0, length)
  }

  /** Copies what the partial message still lacks; returns how many bytes that were. */
  #collect(bytes: Uint8Array): number {
    this.#partial ??= this.#prelude
    const count = Math.min(bytes.length, this.#partial.length - this.#filled)
    this.#partial.set(bytes.subarray(0, count), this.#filled)
    this.#filled += count
    return count
  }

  /** The partial message once it is complete. A complete prelude makes room for the rest. */
  #takeCollected(): Uint8Array | undefined {
    const partial = this.#partial
    if (partial === undefined || this.#filled < partial.length) return undefined
    if (partial === this.#prelude) {
      this.#partial = new Uint8Array(readPrelude(partial, this.#maxMessageBytes))
      this.#partial.set(partial)
      return undefined
    }
    this.#partial = undefined
    this.#filled = 0
    return partial
  }
}

/** Checks the first twelve bytes of a message and gives its length. */
function readPrelude(bytes: Uint8Array, maxMessageBytes: number): number {
  const view = viewOf(bytes)
  if (crc32(bytes.subarray(0, 8)) !== view.getUint32(8)) {
    throw new EventStreamError('prelude-checksum', 'The lengths of a message are damaged')
  }
  const length = view.getUint32(0)
  const headersLength = view.getUint32(4)
  if (length > maxMessageBytes) {
    throw new EventStreamError('message-too-large', `A message announces ${length} bytes`)
  }
  if (headersLength > maxHeadersBytes) {
    throw new EventStreamError('headers-too-large', `Headers announce ${headersLength} bytes`)
  }
  if (length < minMessageBytes + headersLength) {
    throw new EventStreamError('length', `A message of ${length} bytes cannot be`)
  }
  return length
}

/** Reads a complete message whose prelude has been checked. */
function decodeMessage(bytes: Uint8Array): EventStreamMessage {
  const view = viewOf(bytes)
  const payloadEnd = bytes.length - trailerBytes
  if (crc32(bytes.subarray(0, payloadEnd)) !== view.getUint32(payloadEnd)) {
    throw new EventStreamError('message-checksum', 'A message is damaged')
  }
  const headersEnd = preludeBytes + view.getUint32(4)
  return {
    headers: readHeaders(bytes.subarray(preludeBytes, headersEnd)),
    payload: bytes.subarray(headersEnd, payloadEnd),
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
