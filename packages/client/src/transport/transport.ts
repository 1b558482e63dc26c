/** Methods of S3. */
export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'

/** What goes on the wire; strings are sent as UTF-8. An iterable is consumed once. */
export type WireBody = string | Uint8Array | AsyncIterable<Uint8Array> | null

/** One HTTP request, complete and signed. */
export interface WireRequest {
  /** `scheme://host:port`, without a path. */
  readonly origin: string
  /** The request target, sent as it is: no normalisation, no redirects. */
  readonly target: string
  readonly method: Method
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: WireBody
  /** How long the peer may be silent, instead of the usual limits; in milliseconds. */
  readonly silenceMs?: number | undefined
  readonly signal: AbortSignal | undefined
  /** Never sent: what signed the request, so that no error repeats it. */
  readonly secretKey?: string | undefined
}

/** Response headers by lower-case name; an array where a header came more than once. */
export type WireHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A response whose body has arrived whole. */
export interface WireReply {
  readonly status: number
  readonly headers: WireHeaders
  readonly body: Uint8Array
}

/** A body that arrives as it is read. Whoever gets one reads it to its end or cancels it. */
export interface BodyStream {
  /** The next bytes, undefined after the last. Rejects with `TransportError`. */
  read(): Promise<Uint8Array | undefined>
  /** The rest of the body in one piece. */
  readAll(): Promise<Uint8Array>
  /** Gives the body up and frees its connection. */
  cancel(): void
}

/** A response whose body is still on its way. */
export interface WireStreamReply {
  readonly status: number
  readonly headers: WireHeaders
  readonly body: BodyStream
}

/**
 * The one interface to the network. Implementations never follow redirects, never decode
 * bodies, never retry, and reject with `TransportError` or the signal's reason.
 */
export interface Transport {
  /** Sends a request and waits for the whole answer; for bodies of bounded size. */
  exchange(request: WireRequest, maxBodyBytes: number): Promise<WireReply>
  /** Sends a request and waits for the head of the answer. */
  stream(request: WireRequest): Promise<WireStreamReply>
  /** Frees all connections. Requests under way are cut off. */
  close(): Promise<void>
}

/** The value of a header; the first one where it came more than once. */
export function headerValue(headers: WireHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
