/** Time as the client sees it; tests give a virtual one. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason)
        return
      }
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** The clock of one client: whoever sleeps when the client is closed is woken. */
export class ClientClock implements Clock {
  readonly #clock: Clock
  readonly #closing = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const closing = this.#closing.signal
    return this.#clock.sleep(
      ms,
      signal === undefined ? closing : AbortSignal.any([signal, closing]),
    )
  }

  /** @param reason what those who sleep, now or later, are rejected with */
  close(reason: Error): void {
    this.#closing.abort(reason)
  }
}
