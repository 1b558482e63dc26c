import type { Clock } from '../clock.ts'
import type { Hooks } from '../hooks.ts'
import type { RequestDescription } from '../request/request.ts'
import type { WireHeaders, WireRequest } from '../transport/transport.ts'
import { maskRequestHeaders, maskResponseHeaders, maskUrl } from './masking.ts'

/** Calls a hook so that nothing it does can break the request. */
function tell<Event>(hook: ((event: Event) => unknown) | undefined, event: Event): void {
  try {
    const result = hook?.(event)
    if (result instanceof Promise) result.catch(() => {})
  } catch {} // Documented at the hooks.
}

/** Who is looked at in one call, and since when. */
interface WatchedCall {
  readonly callId: number
  readonly operation: string
  readonly bucket: string | undefined
  readonly object: string | undefined
}

/** Tells the observers of a client about one call; there is none when nobody looks. */
export class CallWatch {
  readonly #observers: readonly Hooks[]
  readonly #clock: Clock
  readonly #call: WatchedCall
  #attempt = 0
  #sentAtMs = 0
  #isWaiting = false

  constructor(
    observers: readonly Hooks[],
    clock: Clock,
    callId: number,
    { operation, bucket, object }: RequestDescription,
  ) {
    this.#observers = observers
    this.#clock = clock
    this.#call = { callId, operation, bucket, object }
  }

  sends(wire: WireRequest, attempt: number): void {
    this.#attempt = attempt
    this.#sentAtMs = this.#clock.nowMs()
    this.#isWaiting = true
    const { method } = wire
    const url = wire.origin + maskUrl(wire.target)
    const event = { ...this.#call, attempt, method, url, headers: maskRequestHeaders(wire.headers) }
    for (const { onRequest } of this.#observers) tell(onRequest, event)
  }

  got(reply: { readonly status: number; readonly headers: WireHeaders }): void {
    this.#ended(reply.status, maskResponseHeaders(reply.headers), undefined)
  }

  /** An attempt failed; it is told here unless there was an answer. */
  failed(error: unknown): void {
    if (this.#isWaiting) this.#ended(undefined, {}, error)
  }

  retries(error: unknown, pauseMs: number): void {
    const event = { ...this.#call, attempt: this.#attempt, error, pauseMs }
    for (const { onRetry } of this.#observers) tell(onRetry, event)
  }

  #ended(status: number | undefined, headers: WireHeaders, error: unknown): void {
    this.#isWaiting = false
    const durationMs = this.#clock.nowMs() - this.#sentAtMs
    const event = { ...this.#call, attempt: this.#attempt, status, headers, error, durationMs }
    for (const { onResponse } of this.#observers) tell(onResponse, event)
  }
}
