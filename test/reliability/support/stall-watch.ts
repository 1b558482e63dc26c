import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What one request did to the event loop that serves it. */
export interface Stall {
  readonly status: string
  /** The longest time in which nothing else was served. */
  readonly longestMs: number
}

/**
 * Sends requests from a thread of its own to a server in this thread, and measures how long the
 * event loop stands still. Of a turn, the shorter one of both counts: the time that passed, and the
 * time that the process computed; so other processes do not look like a stall.
 */
export class StallWatch implements AsyncDisposable {
  readonly #sender = new Worker(new URL('sender.mjs', import.meta.url))
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  /** @param bytes a whole request, after whose answer the server closes the connection */
  async measure(bytes: Uint8Array): Promise<Stall> {
    let longestMs = 0
    let isWatching = true
    let before = clocks()
    const tick = (): void => {
      const now = clocks()
      longestMs = Math.max(
        longestMs,
        Math.min(now.wallMs - before.wallMs, now.cpuMs - before.cpuMs),
      )
      before = now
      if (isWatching) setImmediate(tick)
    }
    setImmediate(tick)
    const answer = once(this.#sender, 'message')
    this.#sender.postMessage({ port: this.#port, bytes }, [])
    const [status]: unknown[] = await answer
    isWatching = false
    return { status: String(status), longestMs }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender.terminate()
  }
}

function clocks(): { readonly wallMs: number; readonly cpuMs: number } {
  const { user, system } = process.cpuUsage()
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 }
}
