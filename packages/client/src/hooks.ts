import type { WireHeaders } from './transport/transport.ts'

/** A request is about to be sent. */
export interface RequestEvent {
  /** The same for all attempts of one call. */
  readonly callId: number
  /** S3's name of the operation, such as `PutObject`. */
  readonly operation: string
  readonly bucket: string | undefined
  readonly object: string | undefined
  /** From 1. */
  readonly attempt: number
  readonly method: string
  /** With what is secret in its query masked. */
  readonly url: string
  /** With what is secret masked. */
  readonly headers: Readonly<Record<string, string>>
}

/** What a request led to: the head of an answer, or an error in its stead. */
export interface ResponseEvent {
  readonly callId: number
  readonly operation: string
  readonly bucket: string | undefined
  readonly object: string | undefined
  readonly attempt: number
  /** Undefined when there was no answer. */
  readonly status: number | undefined
  /** With what is secret masked; empty when there was no answer. */
  readonly headers: WireHeaders
  /** Why there was no answer. */
  readonly error: unknown
  /** Since the request was sent, in milliseconds; up to the whole answer where that is short. */
  readonly durationMs: number
}

/** A request will be sent again. */
export interface RetryEvent {
  readonly callId: number
  readonly operation: string
  readonly bucket: string | undefined
  readonly object: string | undefined
  /** The attempt that failed. */
  readonly attempt: number
  /** What it failed with. */
  readonly error: unknown
  /** The pause before the next attempt, in milliseconds. */
  readonly pauseMs: number
}

/**
 * Functions that are told what goes over the wire; never bodies, keys or signatures. What they
 * throw, or reject with, is dropped: to look at a request must not break it.
 */
export interface Hooks {
  readonly onRequest?: ((event: RequestEvent) => void) | undefined
  readonly onResponse?: ((event: ResponseEvent) => void) | undefined
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
}

/** Where a trace is written to: `process.stderr`, a file, or anything with `write`. */
export interface TraceSink {
  write(text: string): unknown
}
