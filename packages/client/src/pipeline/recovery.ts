import type { CallState } from './call-state.ts'
import type { CachedCredentials } from '../credentials/cached-credentials.ts'
import { S3Error, TransportError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import type { RegionLookup } from './region-lookup.ts'
import type { RequestDescription } from '../request/request.ts'
import { storeTimeOf } from './response-error.ts'
import { retryClass, type RetryPolicy } from './retry.ts'
import type { StoreClock } from './store-clock.ts'

/** Decides what follows a failed attempt. */
export class Recovery {
  readonly #retry: RetryPolicy
  readonly #regions: RegionLookup
  readonly #credentials: CachedCredentials
  readonly #clock: StoreClock

  constructor(
    retry: RetryPolicy,
    regions: RegionLookup,
    credentials: CachedCredentials,
    clock: StoreClock,
  ) {
    this.#retry = retry
    this.#regions = regions
    this.#credentials = credentials
    this.#clock = clock
  }

  /**
   * The pause before another attempt, in milliseconds; undefined when there shall be none.
   *
   * @param signal of the call with its deadline
   */
  async pauseAfter(
    failure: unknown,
    request: RequestDescription,
    options: CallOptions,
    state: CallState,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    if (failure instanceof S3Error) {
      const isRegionFixed = options.region !== undefined
      if (await this.#corrected(failure, request, state, isRegionFixed, signal)) return 0
    }
    if (this.#retry.maxAttempts > 1 && isStaleSocket(failure, request, state)) {
      state.staleSocketSeen = true
      state.mayBeDone = true
      return 0
    }
    const kind = retryClass(failure, request.idempotent)
    if (kind === undefined || kind === 'skew') return undefined
    if (state.attempts >= this.#retry.maxAttempts || !this.#retry.quota.take(kind)) return undefined
    state.retried = kind
    if (kind === 'transient' && hasReachedStore(failure)) state.mayBeDone = true
    const hintMs = failure instanceof S3Error ? failure.retryAfterMs : undefined
    return this.#retry.delayMs(kind, state.attempts, hintMs)
  }

  /** Whether the refusal taught something that makes the next attempt a different one. */
  async #corrected(
    failure: S3Error,
    request: RequestDescription,
    state: CallState,
    isRegionFixed: boolean,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const storeTime = storeTimeOf(failure)
    if (storeTime !== undefined && !state.skewCorrected) {
      state.skewCorrected = true
      if (this.#clock.correct(storeTime)) return true
    }
    if (state.corrected) return false
    if (failure.code === 'ExpiredToken') {
      state.corrected = true
      this.#credentials.invalidate()
      return true
    }
    if (isRegionFixed) return false
    state.corrected = await this.#regions.learnFrom(failure, request, state.region, signal)
    return state.corrected
  }
}

/** What was never sent cannot have been carried out. */
function hasReachedStore(failure: unknown): boolean {
  return !(failure instanceof TransportError) || failure.requestSent
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
    !state.staleSocketSeen
  )
}
