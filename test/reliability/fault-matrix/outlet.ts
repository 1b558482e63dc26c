import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'

/** So many bytes drip; the rest follows at once. */
const drippedBytes = 48

/** A way out: what it is told happens in that order, and nothing after its end. */
export class Outlet {
  readonly #socket: Socket
  #turn: Promise<void> | undefined
  #state: 'open' | 'stalled' | 'ended' = 'open'

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get isStalled(): boolean {
    return this.#state === 'stalled'
  }

  send(bytes: Uint8Array): void {
    if (this.#state !== 'open' || bytes.length === 0) return
    if (this.#turn) this.#after(() => this.#write(bytes))
    else this.#socket.write(bytes)
  }

  /** Byte by byte, each in a segment of its own. */
  drip(bytes: Uint8Array): void {
    this.#after(async () => {
      for (let at = 0; at < Math.min(bytes.length, drippedBytes); at++) {
        await this.#write(bytes.subarray(at, at + 1))
        await setImmediate()
      }
      await this.#write(bytes.subarray(drippedBytes))
    })
  }

  /** From now on nothing passes, and nobody is told. */
  stall(): void {
    this.#state = 'stalled'
  }

  close(): void {
    if (this.#state === 'stalled') return
    this.#state = 'ended'
    this.#after(() => void this.#socket.end())
  }

  /** Cuts the connection, once the peer had the time to read what was sent before. */
  reset(): void {
    this.#state = 'ended'
    this.#after(async () => {
      await this.#write(new Uint8Array(0))
      await setImmediate()
      this.#socket.resetAndDestroy()
    })
  }

  #after(step: () => Promise<void> | void): void {
    this.#turn = (this.#turn ?? Promise.resolve()).then(step)
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve()
      else this.#socket.write(bytes, () => resolve())
    })
  }
}
