import { rootName } from '@stowage/protocol'
import { newCallState, type CallState } from './call-state.ts'
import type { Clock } from '../clock.ts'
import { Deadline } from './deadline.ts'
import { InvalidResponseError, TransportError, type S3Error } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import type { Observers } from './observers.ts'
import type { Recovery } from './recovery.ts'
import { lazyRedactorOf, redactHeaders, redactorOf, redactReply, safeCause } from './redaction.ts'
import type { Regions } from './regions.ts'
import { isOfForm } from '../request/answer-form.ts'
import type {
  Reply,
  RequestDescription,
  S3Request,
  S3StreamRequest,
  StreamReply,
} from '../request/request.ts'
import type { RequestWriter } from './request-writer.ts'
import { responseError } from './response-error.ts'
import { unlessAbsent } from '../results/absent.ts'
import type { RetryPolicy } from './retry.ts'
import type { Transport, WireRequest } from '../transport/transport.ts'

/** Answers that are read whole may not be larger. */
const maxReplyBytes = 64 * 1024 * 1024
const maxErrorBytes = 64 * 1024

/** What the pipeline is put together from. */
export interface PipelineParts {
  readonly regions: Regions
  readonly writer: RequestWriter
  readonly transport: Transport
  readonly recovery: Recovery
  readonly retry: RetryPolicy
  readonly clock: Clock
  readonly observers: Observers
  /** Deadline of a call that names none, in milliseconds; 0 for none. */
  readonly totalTimeoutMs: number
}

/** The one door to the network: region, credentials, sign, send, classify, retry. */
export class Pipeline {
  readonly #parts: PipelineParts

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  /** The end of a call, which may take one request or many. It has to be cleared. */
  deadline(options: CallOptions, operation: string): Deadline {
    return Deadline.of(options, this.#parts.totalTimeoutMs, operation)
  }

  /** Sends a request and reads its answer. */
  send<T>(request: S3Request<T>, options: CallOptions): Promise<T> {
    const answer = this.#run(request, options, async (wire, state) => {
      const reply = await this.#parts.transport.exchange(wire, maxReplyBytes)
      tellWatch(wire, reply, state)
      if (reply.status >= 300 || (request.errorInBody === true && isErrorBody(reply))) {
        const refusal = this.#refusal(request, reply, state)
        if (!isDone(request, refusal, state)) throw refusal
      } else {
        checkForm(request, reply)
      }
      if (request.body?.unfinished === true) throw tooEarly()
      return read(request, wire, reply, (said) => request.read(said, state.attempts))
    })
    return request.absent === undefined ? answer : unlessAbsent(request, answer)
  }

  /** Sends a request and reads the head of its answer; the body is left to the reader. */
  sendStream<T>(request: S3StreamRequest<T>, options: CallOptions): Promise<T> {
    return this.#run(request, options, async (wire, state) => {
      const reply = await this.#parts.transport.stream(wire)
      tellWatch(wire, reply, state)
      if (reply.status >= 300) {
        throw this.#refusal(request, { ...reply, body: await readAtMost(reply) }, state)
      }
      try {
        checkForm(request, reply)
        return read(request, wire, reply, (said) => request.readStream(said, state.attempts))
      } catch (error) {
        reply.body.cancel()
        throw error
      }
    })
  }

  async #run<T>(
    request: RequestDescription,
    options: CallOptions,
    exchange: (wire: WireRequest, state: CallState) => Promise<T>,
  ): Promise<T> {
    const { regions, writer, recovery, retry, clock, observers } = this.#parts
    writer.check(request, options)
    const deadline = this.deadline(options, request.operation)
    const state = newCallState(observers.watch(request))
    try {
      for (;;) {
        state.attempts++
        try {
          deadline.signal?.throwIfAborted()
          state.region = options.region ?? regions.of(request.bucket).region
          const wire = await writer.write(request, options, state.region, deadline.signal)
          state.wire = wire
          state.watch?.sends(wire, state.attempts)
          const result = await exchange(wire, state)
          retry.quota.refund(state.retried)
          return result
        } catch (error) {
          const failure = failureOf(error, request, state)
          state.watch?.failed(failure)
          const { signal } = deadline
          const pauseMs = await recovery.pauseAfter(failure, request, options, state, signal)
          if (pauseMs === undefined) throw failure
          state.watch?.retries(failure, pauseMs)
          if (pauseMs > 0) await deadline.sleep(clock, pauseMs, failure)
        }
      }
    } finally {
      deadline.clear()
    }
  }

  #refusal(request: RequestDescription, reply: Reply, state: CallState): S3Error {
    const { clock, regions } = this.#parts
    const redact = state.wire ? redactorOf(state.wire) : undefined
    const said = redact ? { ...reply, ...redactReply(reply, redact) } : reply
    const error = responseError(request, said, state.attempts, clock.nowMs())
    if (error.code === 'NoSuchBucket' && request.bucket !== undefined) {
      regions.forget(request.bucket)
    }
    return error
  }
}

/** Whether a refusal only says that an earlier attempt was carried out. */
function isDone({ doneCodes }: RequestDescription, refusal: S3Error, state: CallState): boolean {
  return state.mayBeDone && doneCodes?.some((code) => code === refusal.code) === true
}

/** A store that says yes before it can have all bytes has stored something else. */
function tooEarly(): TransportError {
  return new TransportError('protocol', 'The store answered before it had the whole body.', {
    requestSent: true,
    responseStarted: true,
  })
}

/** A failure of the network, with what is known of the call. */
function failureOf(error: unknown, request: RequestDescription, state: CallState): unknown {
  if (!(error instanceof TransportError) || error.kind === 'deadline') return error
  return new TransportError(error.kind, `${request.operation}: ${error.message}`, {
    cause: error.cause,
    requestSent: error.requestSent,
    responseStarted: error.responseStarted,
    operation: request.operation,
    attempts: state.attempts,
  })
}

/** S3 answers some operations 200 before it knows how they end. */
function isErrorBody(reply: Reply): boolean {
  if (reply.body.length === 0) return true
  try {
    return rootName(reply.body) === 'Error'
  } catch {
    return false // The operation's own reader says what is wrong with it.
  }
}

/** A portal, a proxy or another server may answer in place of the store. */
function checkForm({ operation, answer }: RequestDescription, reply: Reply | StreamReply): void {
  if (isOfForm(answer, reply)) return
  throw new InvalidResponseError(
    operation,
    `the answer, of status ${reply.status}, is not one of a store`,
  )
}

function tellWatch(wire: WireRequest, reply: Reply | StreamReply, { watch }: CallState): void {
  if (watch === undefined) return
  watch.got({ status: reply.status, headers: redactHeaders(reply.headers, redactorOf(wire)) })
}

function read<T, R extends Reply | StreamReply>(
  request: RequestDescription,
  wire: WireRequest,
  reply: R,
  reader: (reply: R) => T,
): T {
  try {
    return reader({ ...reply, redact: lazyRedactorOf(wire) })
  } catch (error) {
    if (error instanceof InvalidResponseError) throw error
    throw new InvalidResponseError(
      request.operation,
      'the answer cannot be read',
      safeCause(error, wire, reply),
    )
  }
}

/** The beginning of an error's body; more is of no use, and a cut one is still an error. */
async function readAtMost(reply: StreamReply): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  while (bytes < maxErrorBytes) {
    const chunk = await reply.body.read().catch(() => undefined)
    if (!chunk) break
    chunks.push(chunk)
    bytes += chunk.length
  }
  reply.body.cancel()
  return Buffer.concat(chunks).subarray(0, maxErrorBytes)
}
