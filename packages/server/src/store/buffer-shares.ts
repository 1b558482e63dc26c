/** Sizes of buffers, in bytes. */
export interface BufferSizes {
  /** Whatever the others need. */
  readonly least: number
  readonly most: number
  /** Of all buffers together. */
  readonly all: number
}

/**
 * Shares out the memory of those who read or write at the same time: the more there are, the less
 * has each. A thousand transfers of large buffers would take more than a small machine has.
 *
 * @example
 * const shares = new BufferShares({ least: 1024, most: 4096, all: 1024 * 1024 })
 * const writer = {}
 * shares.join(writer)
 * const buffer = Buffer.allocUnsafe(shares.bytes)
 * shares.leave(writer)
 */
export class BufferShares {
  readonly #sizes: BufferSizes
  readonly #holders = new Set<object>()

  constructor(sizes: BufferSizes) {
    this.#sizes = sizes
  }

  join(holder: object): void {
    this.#holders.add(holder)
  }

  /** Leaving twice is leaving once. */
  leave(holder: object): void {
    this.#holders.delete(holder)
  }

  /** The size of a buffer now. */
  get bytes(): number {
    const { least, most, all } = this.#sizes
    return Math.max(least, Math.min(most, Math.floor(all / this.#holders.size)))
  }
}
