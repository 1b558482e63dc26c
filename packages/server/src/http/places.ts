import { isIPv6 } from 'node:net'

/** Holds a place; while it is unused, it can be told to leave. */
export interface PlaceHolder {
  /** Whom it counts for, see `addressGroup`. */
  readonly address: string
  /** Told that its place goes to another. */
  giveUp(): void
}

/** What a holder does with its place: those that wait or begin give it up when places are short. */
export type PlaceUse = 'waiting' | 'beginning' | 'busy'

export interface PlaceLimits {
  /** Places in all. */
  readonly total: number
  /** Places for one address; for this machine's own addresses when undefined: all. */
  readonly perAddress: number | undefined
}

/** Some of the places, and who does not use theirs, the longest first. */
class Share {
  readonly waiting = new Set<PlaceHolder>()
  readonly beginning = new Set<PlaceHolder>()
  count = 0

  get longestUnused(): PlaceHolder | undefined {
    for (const holder of this.waiting) return holder
    for (const holder of this.beginning) return holder
    return undefined
  }

  use(holder: PlaceHolder, use: PlaceUse): void {
    this.waiting.delete(holder)
    this.beginning.delete(holder)
    if (use !== 'busy') this[use].add(holder)
  }
}

/**
 * The places for connections, in all and for each address. When all are taken, whoever has waited
 * longest for a request gives up its place to one who comes, then whoever began one longest ago.
 */
export class Places {
  readonly #limits: PlaceLimits
  readonly #holders = new Set<PlaceHolder>()
  readonly #all = new Share()
  readonly #shares = new Map<string, Share>()

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** @returns whether there is a place; then `leave` must follow */
  take(holder: PlaceHolder): boolean {
    const { address } = holder
    const share = this.#shares.get(address) ?? new Share()
    const { total } = this.#limits
    if (!this.#hasRoom(share, this.#limitOf(address)) || !this.#hasRoom(this.#all, total)) {
      return false
    }
    this.#shares.set(address, share)
    this.#holders.add(holder)
    this.#all.count += 1
    share.count += 1
    return true
  }

  #limitOf(address: string): number {
    const { total, perAddress } = this.#limits
    return perAddress ?? (isLoopback(address) ? total : Math.ceil(total / 2))
  }

  #hasRoom(share: Share, limit: number): boolean {
    if (share.count < limit) return true
    const unused = share.longestUnused
    if (unused === undefined) return false
    this.leave(unused)
    unused.giveUp()
    return true
  }

  use(holder: PlaceHolder, use: PlaceUse): void {
    if (!this.#holders.has(holder)) return
    this.#all.use(holder, use)
    this.#shares.get(holder.address)?.use(holder, use)
  }

  /** Gives a place back; whoever has none is ignored. */
  leave(holder: PlaceHolder): void {
    this.use(holder, 'busy')
    if (!this.#holders.delete(holder)) return
    this.#all.count -= 1
    const share = this.#shares.get(holder.address)
    if (share === undefined) return
    share.count -= 1
    if (share.count === 0) this.#shares.delete(holder.address)
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '0:0:0:0'
}

/**
 * Whom an address counts for: an IPv4 address for itself, and an IPv6 address for its first 64 bits,
 * because one sender has all the addresses that share them.
 */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::', 2)
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...(tail === undefined ? [] : zeros), ...after].slice(0, 4).join(':')
}
