import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { systemClock } from '../../../packages/client/src/clock.ts'
import type { FaultProxy } from './fault-proxy.ts'

// It has no types, being there for undici's own tests.
const undiciTimers = createRequire(import.meta.url)('undici/lib/util/timers.js') as {
  tick(ms: number): void
}

/** The client's limits. They pass at once where nothing happens any more: see `Silence`. */
export const limitMs: number = 20_000

let nowMs = Date.now()

/** The virtual time, for clients and server. */
export const virtualNow = (): Date => new Date(nowMs)

/** How long one call has slept, and how often. */
export class Sleeps {
  totalMs = 0
  count = 0
  readonly #most: number
  readonly #onMost: () => void

  /** @param onMost told when there are more than `most` */
  constructor(most: number, onMost: () => void) {
    this.#most = most
    this.#onMost = onMost
  }

  add(ms: number): void {
    this.totalMs += ms
    if (++this.count > this.#most) this.#onMost()
  }
}

const current = new AsyncLocalStorage<Sleeps>()

/** Notes the pauses of one call. */
export function noting<T>(sleeps: Sleeps, call: () => T): T {
  return current.run(sleeps, call)
}

/**
 * Gives clients a clock on which whoever sleeps wakes at once, and the time has gone on.
 *
 * @returns what takes the clock away again
 */
export function useVirtualClock(): () => void {
  const { nowMs: realNow, sleep } = systemClock
  systemClock.nowMs = () => nowMs
  systemClock.sleep = (ms, signal) => {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    nowMs += ms
    current.getStore()?.add(ms)
    return Promise.resolve()
  }
  return () => void Object.assign(systemClock, { nowMs: realNow, sleep })
}

/**
 * Lets the client's limits pass where nothing happens: undici's timers are advanced, as its own tests
 * do it. What counts is turns of the event loop, not time, so that a busy machine changes nothing.
 */
export class Silence {
  readonly #proxy: FaultProxy
  readonly #patience: number
  #timer: NodeJS.Timeout
  #moved: number
  #turns = 0

  /** @param weight of the operation: what moves megabytes is silent while it hashes them */
  constructor(proxy: FaultProxy, weight: number) {
    this.#proxy = proxy
    this.#moved = proxy.moved
    this.#patience = 4 + weight
    this.#timer = setTimeout(() => this.#look(), 1)
  }

  #look(): void {
    const { moved } = this.#proxy
    this.#turns = moved === this.#moved ? this.#turns + 1 : 0
    this.#moved = moved
    if (this.#turns >= this.#patience) {
      this.#turns = 0
      // The first tick starts timers that are new.
      for (let tick = 0; tick < 2; tick++) undiciTimers.tick(limitMs + 1000)
    }
    this.#timer = setTimeout(() => this.#look(), 1)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
