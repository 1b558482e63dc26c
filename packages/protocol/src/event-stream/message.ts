/**
 * The value of one header of an event-stream message. The types and their numbers on the wire are
 * those of `application/vnd.amazon.eventstream`, as the API reference of SelectObjectContent
 * describes them.
 */
export type EventHeaderValue =
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'byte' | 'short' | 'integer'; readonly value: number }
  | { readonly type: 'long'; readonly value: bigint }
  | { readonly type: 'binary'; readonly value: Uint8Array }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'timestamp'; readonly value: Date }
  | { readonly type: 'uuid'; readonly value: string }

/** One message: what S3 sends for each piece of the result of a query. */
export interface EventStreamMessage {
  /** Names as on the wire, such as `:event-type`. */
  readonly headers: ReadonlyMap<string, EventHeaderValue>
  /** A view, of the bytes pushed into the decoder where the message came in one piece. */
  readonly payload: Uint8Array
}

/** What a stream of messages broke off with. */
export type EventStreamFault =
  | 'prelude-checksum'
  | 'message-checksum'
  | 'length'
  | 'message-too-large'
  | 'headers-too-large'
  | 'header'
  | 'duplicate-header'
  | 'truncated'

/** Bytes that are no event stream, or only the beginning of one. */
export class EventStreamError extends Error {
  override readonly name = 'EventStreamError'
  readonly reason: EventStreamFault

  constructor(reason: EventStreamFault, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Lengths of headers and message, and their CRC. */
export const preludeBytes = 12
/** The CRC behind the payload. */
export const trailerBytes = 4
/** A message without headers and payload. */
export const minMessageBytes: number = preludeBytes + trailerBytes
export const maxHeadersBytes: number = 128 * 1024
