import type { Clock } from '../clock.ts'
import { checkInteger, checkSignal } from '../checks.ts'
import { TransportError } from '../errors.ts'
import type { CallOptions } from '../options.ts'

const maxTimeoutMs = 2 ** 31 - 1

/** The end of a call: the caller's signal, its deadline, or both. */
export class Deadline {
  /** One object serves all calls that have neither. */
  static readonly #none: Deadline = new Deadline(undefined, undefined, Infinity)

  /** Absent when the call has neither. */
  readonly signal: AbortSignal | undefined
  readonly #endsAtMs: number
  readonly #timer: NodeJS.Timeout | undefined

  private constructor(
    signal: AbortSignal | undefined,
    timer: NodeJS.Timeout | undefined,
    endsAtMs: number,
  ) {
    this.signal = signal
    this.#timer = timer
    this.#endsAtMs = endsAtMs
  }

  static of(options: CallOptions, defaultTimeoutMs: number, operation: string): Deadline {
    if (options.signal !== undefined) checkSignal(options.signal)
    const timeoutMs = options.timeout ?? defaultTimeoutMs
    if (timeoutMs === 0) {
      if (options.signal === undefined) return Deadline.#none
      return new Deadline(options.signal, undefined, Infinity)
    }
    checkInteger('timeout', timeoutMs, 0, maxTimeoutMs)
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(expired(operation, timeoutMs)), timeoutMs)
    const signal =
      options.signal === undefined
        ? controller.signal
        : AbortSignal.any([options.signal, controller.signal])
    return new Deadline(signal, timer, performance.now() + timeoutMs)
  }

  /** Waits before another attempt; a pause that would outlast the deadline ends the call now. */
  async sleep(clock: Clock, pauseMs: number, failure: unknown): Promise<void> {
    if (performance.now() + pauseMs > this.#endsAtMs) throw failure
    await clock.sleep(pauseMs, this.signal)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}

function expired(operation: string, timeoutMs: number): TransportError {
  return new TransportError('deadline', `${operation}: not done within ${timeoutMs} ms`, {
    requestSent: true,
    responseStarted: false,
    operation,
  })
}
