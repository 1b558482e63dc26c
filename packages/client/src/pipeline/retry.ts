import type { RetryClass } from '@stowage/protocol'
import { InvalidArgumentError, retryClassOf, S3Error, TransportError } from '../errors.ts'
import type { RetryOptions } from '../options.ts'

// The rules of the AWS SDKs since 2026 (SDKs reference guide, "Retry behavior").
const defaultMaxAttempts = 3
const baseDelayMs: Readonly<Record<RetryClass, number>> = {
  transient: 50,
  throttling: 1000,
  skew: 0,
}
const maxDelayMs = 20_000
/** The most by which a hint of the store may prolong a pause. */
const maxHintExtraMs = 5000

const quotaTokens = 500
const quotaCost: Readonly<Record<RetryClass, number>> = { transient: 14, throttling: 5, skew: 0 }
const quotaRefund = 1

/** Kinds of network trouble that another attempt cannot mend. */
const lasting: ReadonlySet<string> = new Set(['tls', 'closed', 'deadline'])

/** Why this failure may be retried; undefined when it may not. */
export function retryClass(error: unknown, idempotent: boolean): RetryClass | undefined {
  if (error instanceof TransportError) {
    if (lasting.has(error.kind)) return undefined
    return idempotent || !error.requestSent ? 'transient' : undefined
  }
  if (!(error instanceof S3Error)) return undefined
  const kind = retryClassOf(error.code, error.status)
  // A throttled request was not carried out; any other failure leaves that open.
  return idempotent || kind === 'throttling' ? kind : undefined
}

/** Bounds the retries of one client, so that a store in trouble is not drowned in them. */
export class RetryQuota {
  #tokens: number = quotaTokens

  get tokens(): number {
    return this.#tokens
  }

  take(kind: RetryClass): boolean {
    if (this.#tokens < quotaCost[kind]) return false
    this.#tokens -= quotaCost[kind]
    return true
  }

  /** A call succeeded; `last` is the class of its last retry, if it had one. */
  refund(last: RetryClass | undefined): void {
    const amount = last === undefined ? quotaRefund : quotaCost[last]
    this.#tokens = Math.min(quotaTokens, this.#tokens + amount)
  }
}

export class RetryPolicy {
  readonly maxAttempts: number
  readonly quota: RetryQuota = new RetryQuota()
  readonly #random: () => number

  /** @param random numbers from 0 to 1, for the jitter */
  constructor(options: RetryOptions, random: () => number) {
    this.maxAttempts = options.maxAttempts ?? defaultMaxAttempts
    this.#random = random
    if (!Number.isSafeInteger(this.maxAttempts) || this.maxAttempts < 1 || this.maxAttempts > 100) {
      throw new InvalidArgumentError('retry.maxAttempts', 'must be a whole number from 1 to 100')
    }
  }

  /** The pause after attempt `attempt` (from 1), in milliseconds. */
  delayMs(kind: RetryClass, attempt: number, hintMs: number | undefined): number {
    const ceiling = Math.min(baseDelayMs[kind] * 2 ** (attempt - 1), maxDelayMs)
    const delay = this.#random() * ceiling
    if (hintMs === undefined || !(hintMs >= 0)) return delay
    return Math.max(delay, Math.min(hintMs, delay + maxHintExtraMs))
  }
}

/**
 * The pause that an answer asks for: `x-amz-retry-after` in milliseconds, else `Retry-After`
 * in seconds or as a date.
 */
export function retryAfterMs(
  header: (name: string) => string | undefined,
  nowMs: number,
): number | undefined {
  const amz = header('x-amz-retry-after')
  if (amz !== undefined) return /^[0-9]{1,9}$/.test(amz) ? Number(amz) : undefined
  const plain = header('retry-after')
  if (plain === undefined) return undefined
  if (/^[0-9]{1,6}$/.test(plain)) return Number(plain) * 1000
  const date = Date.parse(plain)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
