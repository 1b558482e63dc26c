import type { ErrorCode, QueryPair } from '@stowage/protocol'
import type { AnswerForm } from './answer-form.ts'
import type { CallOptions } from '../options.ts'
import type { RequestBody } from './body.ts'
import type { Redact } from './redact.ts'
import type { BodyStream, Method, WireHeaders } from '../transport/transport.ts'

/** An answer whose body has arrived whole. */
export interface Reply {
  readonly status: number
  readonly headers: WireHeaders
  readonly body: Uint8Array
  /** Takes the secrets of the request out of what the store says. */
  readonly redact?: Redact | undefined
}

/** An answer whose body is still on its way. */
export interface StreamReply {
  readonly status: number
  readonly headers: WireHeaders
  readonly body: BodyStream
  /** Takes the secrets of the request out of what the store says. */
  readonly redact?: Redact | undefined
}

/**
 * One request of S3 as a plain value: the same value can be sent, presigned or looked at.
 * What an operation needs beyond that is a flag here, never a branch in the pipeline.
 */
export interface RequestDescription {
  /** S3's name of the operation, such as `PutObject`. */
  readonly operation: string
  readonly method: Method
  readonly bucket?: string | undefined
  readonly object?: string | undefined
  /** Parameters, decoded. */
  readonly query?: readonly QueryPair[] | undefined
  /** Headers of the operation; names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: RequestBody | undefined
  /** Sending it twice is as good as once, so a lost answer may be retried. */
  readonly idempotent: boolean
  /** What a success looks like; anything else was not sent by a store. */
  readonly answer: AnswerForm
  /**
   * Refusals of a further attempt that say that an earlier one, whose answer was lost, did what
   * is asked for. `read` gets such a refusal in place of the answer.
   */
  readonly doneCodes?: readonly ErrorCode[] | undefined
  /** S3 may answer 200 with an error document (CopyObject and its like). */
  readonly errorInBody?: boolean | undefined
  /**
   * How long the store may be silent, before its answer and within it, in milliseconds: for
   * answers that last. Default: the timeouts of the client.
   */
  readonly silenceMs?: number | undefined
  /** Always addressed as a path: the bucket's own host may not exist yet. */
  readonly pathStyle?: boolean | undefined
}

/** Refusals that only say that there is nothing, and what the call then gives. */
export interface Absence<T> {
  readonly codes: readonly ErrorCode[]
  readonly value: T
}

/** A request with a bounded answer, and how to read that. */
export interface S3Request<T> extends RequestDescription {
  readonly read: (reply: Reply, attempts?: number) => T
  /** Where nothing being there is an answer rather than an error. */
  readonly absent?: Absence<T> | undefined
}

/** A request whose answer is streamed, and how to read that. */
export interface S3StreamRequest<T> extends RequestDescription {
  readonly readStream: (reply: StreamReply, attempts: number) => T
}

/** Sends a request; the pipeline itself, given to those who make many requests of one call. */
export type Send = <T>(request: S3Request<T>, options: CallOptions) => Promise<T>
