import { LinkedSignal } from '../abort.ts'
import type { Clock } from '../clock.ts'
import { checkInteger, checkSignal } from '../checks.ts'
import { TransportError } from '../errors.ts'
import type { CallOptions } from '../options.ts'

const maxTimeoutMs = 2 ** 31 - 1

/** The end of a call: the caller's signal, its deadline, or both. */
export class Deadline {
  /** One object serves all calls that have neither. */
  static readonly #none: Deadline = new Deadline(undefined, Infinity)

  /** Absent when the call has neither. */
  readonly signal: AbortSignal | undefined
  readonly #endsAtMs: number
  readonly #timer: NodeJS.Timeout | undefined
  readonly #link: LinkedSignal | undefined

  private constructor(
    signal: AbortSignal | undefined,
    endsAtMs: number,
    timer?: NodeJS.Timeout,
    link?: LinkedSignal,
  ) {
    this.signal = signal
    this.#timer = timer
    this.#link = link
    this.#endsAtMs = endsAtMs
  }

  static of(options: CallOptions, defaultTimeoutMs: number, operation: string): Deadline {
    if (options.signal !== undefined) checkSignal(options.signal)
    const timeoutMs = options.timeout ?? defaultTimeoutMs
    if (timeoutMs === 0) {
      if (options.signal === undefined) return Deadline.#none
      return new Deadline(options.signal, Infinity)
    }
    checkInteger('timeout', timeoutMs, 0, maxTimeoutMs)
    const link = new LinkedSignal(options.signal)
    const timer = setTimeout(() => link.abort(expired(operation, timeoutMs)), timeoutMs)
    return new Deadline(link.signal, performance.now() + timeoutMs, timer, link)
  }

  /** Waits before another attempt; a pause that would outlast the deadline ends the call now. */
  async sleep(clock: Clock, pauseMs: number, failure: unknown): Promise<void> {
    if (performance.now() + pauseMs > this.#endsAtMs) throw failure
    await clock.sleep(pauseMs, this.signal)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#link?.release()
  }
}

function expired(operation: string, timeoutMs: number): TransportError {
  return new TransportError('deadline', `${operation}: not done within ${timeoutMs} ms`, {
    requestSent: true,
    responseStarted: false,
    operation,
  })
}
