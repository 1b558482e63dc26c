/** How long the server waits for a client, and how much must come or go meanwhile. */
export interface ConnectionLimits {
  /** For the whole head of a request, in milliseconds; a new connection counts from its start. */
  readonly headMs: number
  /** For the next request, in milliseconds. */
  readonly idleMs: number
  /** For the next bytes of a body, or until bytes of a reply are taken, in milliseconds. */
  readonly stallMs: number
  /** A body or a reply that moves more slowly is given up ... */
  readonly minBytesPerSecond: number
  /** ... after so many milliseconds of waiting. */
  readonly rateGraceMs: number
  /** How long a connection that ends may take to be closed by the client, in milliseconds. */
  readonly lingerMs: number
}

/** Judges a client that the server waits for. Time spent otherwise does not count. */
export class Pace {
  readonly #limits: Pick<ConnectionLimits, 'stallMs' | 'minBytesPerSecond' | 'rateGraceMs'>
  #startBytes = 0
  #lastBytes = 0
  #stalledMs = 0
  #waitedMs = 0

  constructor(limits: Pick<ConnectionLimits, 'stallMs' | 'minBytesPerSecond' | 'rateGraceMs'>) {
    this.#limits = limits
  }

  /** Begins again, for the next request of a connection that has moved so many bytes. */
  restart(movedBytes: number): void {
    this.#startBytes = movedBytes
    this.#lastBytes = movedBytes
    this.#stalledMs = 0
    this.#waitedMs = 0
  }

  /**
   * Counts time in which the server waited.
   * @param movedBytes  how many bytes have come or gone in all
   * @returns whether the client is too slow
   */
  isTooSlow(ms: number, movedBytes: number): boolean {
    this.#waitedMs += ms
    const { stallMs, minBytesPerSecond, rateGraceMs } = this.#limits
    if (movedBytes === this.#lastBytes) {
      this.#stalledMs += ms
      return this.#stalledMs > stallMs
    }
    this.#lastBytes = movedBytes
    this.#stalledMs = 0
    const leastBytes = (minBytesPerSecond * this.#waitedMs) / 1000
    return this.#waitedMs > rateGraceMs && movedBytes - this.#startBytes < leastBytes
  }
}
