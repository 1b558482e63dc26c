import { parseHttpDate, rootName, type RetryClass } from '@stowage/protocol'
import type { CachedCredentials } from './credentials/cached-credentials.ts'
import { checkHeaders } from './checks.ts'
import type { Clock } from './clock.ts'
import { Deadline } from './deadline.ts'
import type { Endpoint } from './endpoint.ts'
import { InvalidResponseError, S3Error, TransportError } from './errors.ts'
import { getBucketLocation } from './region-lookup.ts'
import type { CallOptions } from './options.ts'
import type { Regions } from './region.ts'
import type {
  Reply,
  RequestDescription,
  S3Request,
  S3StreamRequest,
  StreamReply,
} from './request.ts'
import { responseError } from './response-error.ts'
import { retryClass, type RetryPolicy } from './retry.ts'
import { noPayload, queryText, unsignedPayload, type Signer } from './signer.ts'
import { headerValue, type Transport, type WireRequest } from './transport/transport.ts'

/** Answers that are read whole may not be larger. */
const maxReplyBytes = 64 * 1024 * 1024
const maxErrorBytes = 64 * 1024
/** Clocks that differ by less are none of S3's business. */
const minSkewMs = 4 * 60 * 1000

/** What the pipeline is put together from. */
export interface PipelineParts {
  readonly endpoint: Endpoint
  readonly regions: Regions
  readonly credentials: CachedCredentials
  readonly signer: Signer
  readonly retry: RetryPolicy
  readonly transport: Transport
  readonly clock: Clock
  readonly payloadSigning: 'auto' | 'always' | 'never'
  readonly userAgent: string
  /** Deadline of a call that names none, in milliseconds; 0 for none. */
  readonly totalTimeoutMs: number
}

/** What one call has been through so far. */
interface CallState {
  attempts: number
  retried: RetryClass | undefined
  corrected: boolean
  skewCorrected: boolean
  staleSocket: boolean
  region: string
}

/** The one door to the network: region, credentials, sign, send, classify, retry. */
export class Pipeline {
  readonly #parts: PipelineParts
  #clockOffsetMs = 0

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  /** Sends a request and reads its answer. */
  send<T>(request: S3Request<T>, options: CallOptions): Promise<T> {
    return this.#run(request, options, async (wire, state) => {
      const reply = await this.#parts.transport.exchange(wire, maxReplyBytes)
      if (reply.status >= 300 || (request.errorInBody === true && isErrorBody(reply))) {
        throw this.#failure(request, reply, state)
      }
      return read(request, () => request.read(reply))
    })
  }

  /** Sends a request and reads the head of its answer; the body is left to the reader. */
  sendStream<T>(request: S3StreamRequest<T>, options: CallOptions): Promise<T> {
    return this.#run(request, options, async (wire, state) => {
      const reply = await this.#parts.transport.stream(wire)
      if (reply.status >= 300) {
        const body = await readAtMost(reply, maxErrorBytes)
        throw this.#failure(request, { ...reply, body }, state)
      }
      return read(request, () => request.readStream(reply))
    })
  }

  async #run<T>(
    request: RequestDescription,
    options: CallOptions,
    exchange: (wire: WireRequest, state: CallState) => Promise<T>,
  ): Promise<T> {
    const deadline = Deadline.of(options, this.#parts.totalTimeoutMs, request.operation)
    const state: CallState = newCallState()
    try {
      for (;;) {
        state.attempts++
        try {
          const wire = await this.#prepare(request, options, deadline.signal, state)
          const result = await exchange(wire, state)
          this.#parts.retry.quota.refund(state.retried)
          return result
        } catch (error) {
          const pauseMs = await this.#recover(request, options, state, error)
          if (pauseMs > 0) await deadline.sleep(this.#parts.clock, pauseMs, error)
        }
      }
    } finally {
      deadline.clear()
    }
  }

  async #prepare(
    request: RequestDescription,
    options: CallOptions,
    signal: AbortSignal | undefined,
    state: CallState,
  ): Promise<WireRequest> {
    signal?.throwIfAborted()
    const { endpoint, signer } = this.#parts
    state.region = options.region ?? (await this.#regionFor(request, options))
    const found = this.#parts.credentials.get()
    const credentials = found instanceof Promise ? await found : found
    const address = endpoint.address(
      request.bucket,
      request.object,
      state.region,
      request.pathStyle,
    )
    const query = queryText(request.query, options.extraQueryParams)
    const headers: Record<string, string> = {
      host: address.host,
      'user-agent': this.#parts.userAgent,
      ...request.headers,
    }
    if (options.requestHeaders) {
      Object.assign(headers, checkHeaders('requestHeaders', options.requestHeaders))
    }
    const { body, method } = request
    if (credentials) {
      const payloadHash = this.#payloadHash(request)
      signer.sign(
        { method, query, headers, payloadHash },
        address,
        state.region,
        credentials,
        this.nowMs(),
      )
    }
    if (body) headers['content-length'] = String(body.lengthBytes)
    return {
      origin: address.origin,
      target: query === '' ? address.path : `${address.path}?${query}`,
      method,
      headers,
      body: body ? body.open() : null,
      signal,
    }
  }

  /** The time of the store, as far as it is known. */
  nowMs(): number {
    return this.#parts.clock.nowMs() + this.#clockOffsetMs
  }

  #payloadHash({ body }: RequestDescription): string {
    if (!body) return noPayload
    const { payloadSigning, endpoint } = this.#parts
    const sign = payloadSigning === 'always' || (payloadSigning === 'auto' && !endpoint.secure)
    return (sign ? body.sha256?.() : undefined) ?? unsignedPayload
  }

  /** The region to sign for when no answer can correct it; asks AWS, where it matters. */
  knownRegion(bucket: string, options: CallOptions): string | Promise<string> {
    const { regions, endpoint } = this.#parts
    const guess = regions.of(bucket)
    if (!guess.guessed || !endpoint.isAws || endpoint.region !== undefined) return guess.region
    return this.#lookUpRegion(bucket, guess.region, options).then(() => regions.of(bucket).region)
  }

  /** A body that can be sent only once must not be spent on finding the region out. */
  async #regionFor(request: RequestDescription, options: CallOptions): Promise<string> {
    const once = request.body !== undefined && !request.body.replayable
    if (once && request.bucket !== undefined) return this.knownRegion(request.bucket, options)
    return this.#parts.regions.of(request.bucket).region
  }

  /** Decides what follows a failure: a pause in milliseconds before the next attempt, or the end. */
  async #recover(
    request: RequestDescription,
    options: CallOptions,
    state: CallState,
    error: unknown,
  ): Promise<number> {
    const failure = withFacts(error, request, state)
    if (request.body && !request.body.replayable) throw failure
    if (await this.#corrected(request, options, state, failure)) return 0
    if (isStaleSocket(failure, request, state)) {
      state.staleSocket = true
      return 0
    }
    const kind = retryClass(failure, request.idempotent)
    const { retry } = this.#parts
    if (kind === undefined || kind === 'skew' || state.attempts >= retry.maxAttempts) throw failure
    if (!retry.quota.take(kind)) throw failure
    state.retried = kind
    const hint = failure instanceof S3Error ? failure.retryAfterMs : undefined
    return retry.delayMs(kind, state.attempts, hint)
  }

  /** Whether the failure taught something that makes the next attempt a different one. */
  async #corrected(
    request: RequestDescription,
    options: CallOptions,
    state: CallState,
    failure: unknown,
  ): Promise<boolean> {
    if (!(failure instanceof S3Error)) return false
    if (failure.code === 'ExpiredToken' && !state.corrected) {
      this.#parts.credentials.invalidate()
      state.corrected = true
      return true
    }
    if (this.#skewCorrected(failure, state)) return true
    if (state.corrected || options.region !== undefined || !isRegionTrouble(failure, request)) {
      return false
    }
    state.corrected = true
    if (this.#parts.regions.learn(request.bucket, failure.region, state.region)) return true
    if (failure.region !== undefined || request.bucket === undefined) return false
    return this.#lookUpRegion(request.bucket, state.region, options)
  }

  /** Asks the store for a bucket's region. A refusal does not fail the call that wanted it. */
  async #lookUpRegion(bucket: string, tried: string, options: CallOptions): Promise<boolean> {
    const { regions } = this.#parts
    if (regions.fixed !== undefined) return false
    try {
      const region = await this.send(getBucketLocation(bucket), {
        signal: options.signal,
        timeout: options.timeout,
        region: tried,
      })
      return regions.learn(bucket, region, tried)
    } catch (error) {
      options.signal?.throwIfAborted()
      return error instanceof S3Error && regions.learn(bucket, error.region, tried)
    }
  }

  #skewCorrected(failure: S3Error, state: CallState): boolean {
    const skewed = serverDates.get(failure)
    if (skewed === undefined || state.skewCorrected) return false
    const offsetMs = skewed - this.#parts.clock.nowMs()
    if (Math.abs(offsetMs - this.#clockOffsetMs) < minSkewMs) return false
    this.#clockOffsetMs = offsetMs
    state.skewCorrected = true
    return true
  }

  #failure(request: RequestDescription, reply: Reply, state: CallState): S3Error {
    const error = responseError(request, reply, state.attempts, this.#parts.clock.nowMs())
    const mute = error.status === 403 && request.method === 'HEAD'
    if (error.code === 'RequestTimeTooSkewed' || mute) {
      const date = parseHttpDate(headerValue(reply.headers, 'date') ?? '')
      if (date) serverDates.set(error, date.getTime())
    }
    if (error.code === 'NoSuchBucket' && request.bucket !== undefined) {
      this.#parts.regions.forget(request.bucket)
    }
    return error
  }
}

/** The server's clock at refusals that may be about the clock. */
const serverDates = new WeakMap<S3Error, number>()

const newCallState = (): CallState => ({
  attempts: 0,
  retried: undefined,
  corrected: false,
  skewCorrected: false,
  staleSocket: false,
  region: '',
})

const regionCodes: ReadonlySet<string> = new Set([
  'AuthorizationHeaderMalformed',
  'AuthorizationQueryParametersError',
  'IllegalLocationConstraintException',
  'InvalidRegion',
  'PermanentRedirect',
  'TemporaryRedirect',
])

function isRegionTrouble(failure: S3Error, request: RequestDescription): boolean {
  if (request.operation === 'GetBucketLocation' || request.operation === 'CreateBucket') {
    return failure.region !== undefined && regionCodes.has(failure.code)
  }
  return regionCodes.has(failure.code) || (request.method === 'HEAD' && failure.status === 400)
}

/**
 * A kept-alive socket may be closed by the store at the very moment it is used again. Such
 * a request was not processed; sending it once more is no retry that counts.
 */
function isStaleSocket(failure: unknown, request: RequestDescription, state: CallState): boolean {
  return (
    failure instanceof TransportError &&
    failure.kind === 'reset' &&
    !failure.responseStarted &&
    request.idempotent &&
    !state.staleSocket
  )
}

function withFacts(error: unknown, request: RequestDescription, state: CallState): unknown {
  if (!(error instanceof TransportError)) return error
  return new TransportError(error.kind, `${request.operation}: ${error.message}`, {
    cause: error.cause,
    requestSent: error.requestSent,
    responseStarted: error.responseStarted,
    operation: request.operation,
    attempts: state.attempts,
  })
}

function isErrorBody(reply: Reply): boolean {
  if (reply.body.length === 0) return true
  try {
    return rootName(Buffer.from(reply.body).toString()) === 'Error'
  } catch {
    return false
  }
}

function read<T>(request: RequestDescription, reader: () => T): T {
  try {
    return reader()
  } catch (error) {
    if (error instanceof InvalidResponseError) throw error
    throw new InvalidResponseError(request.operation, 'the answer cannot be read', error)
  }
}

async function readAtMost(reply: StreamReply, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const chunk = await reply.body.read().catch(() => undefined)
    if (!chunk) break
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= maxBytes) {
      reply.body.cancel()
      break
    }
  }
  return Buffer.concat(chunks).subarray(0, maxBytes)
}
