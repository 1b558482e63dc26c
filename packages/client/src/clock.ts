import { LinkedSignal, offAbort, onAbort } from './abort.ts'

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
      const stop = (): void => {
        clearTimeout(timer)
        offAbort(signal, stop)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        offAbort(signal, stop)
        resolve()
      }, ms)
      onAbort(signal, stop)
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

  async sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const link = new LinkedSignal(signal, this.#closing.signal)
    try {
      await this.#clock.sleep(ms, link.signal)
    } finally {
      link.release()
    }
  }

  /** @param reason what those who sleep, now or later, are rejected with */
  close(reason: Error): void {
    this.#closing.abort(reason)
  }
}
