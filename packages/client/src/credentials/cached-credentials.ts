import type { Clock } from '../clock.ts'
import { CredentialsError } from '../errors.ts'
import { checkCredentials } from './static-credentials.ts'
import type { Credentials, CredentialsProvider } from './credentials-provider.ts'

/** Keys are renewed this long before they expire, */
const refreshAheadMs = 5 * 60 * 1000
/** but not before they lived for most of their time: some processes give keys for minutes. */
const refreshAheadShare = 0.2
/** Pause after a refresh that failed while the keys are still good. */
const failedPauseMs = 30 * 1000
/** A machine's service for keys may come up after the program. */
const nothingPauseMs = 60 * 1000

/** Remembers keys until shortly before they expire; any number of callers share one refresh. */
export class CachedCredentials {
  readonly #provider: CredentialsProvider
  readonly #clock: Clock
  #current: Credentials | undefined
  #askAgainAtMs = -Infinity
  #refresh: Promise<Credentials | undefined> | undefined

  constructor(provider: CredentialsProvider, clock: Clock) {
    this.#provider = provider
    this.#clock = clock
  }

  /** The keys; at once when they are at hand. Undefined: the client is anonymous. */
  get(): Credentials | undefined | Promise<Credentials | undefined> {
    const again = this.#askAgainAtMs
    if (again === Infinity || this.#clock.nowMs() < again) return this.#current
    return this.#renew()
  }

  /** Asks the provider again, after the store called the keys expired. */
  invalidate(): void {
    this.#askAgainAtMs = -Infinity
  }

  #renew(): Promise<Credentials | undefined> {
    this.#refresh ??= this.#ask().finally(() => {
      this.#refresh = undefined
    })
    return this.#refresh
  }

  async #ask(): Promise<Credentials | undefined> {
    try {
      const credentials = await this.#provider()
      this.#askAgainAtMs = this.#check(credentials)
      this.#current = credentials
    } catch (error) {
      // What is still good serves until it ends.
      const endsAtMs = this.#current ? endOf(this.#current) : -Infinity
      const nowMs = this.#clock.nowMs()
      if (endsAtMs <= nowMs) throw error
      this.#askAgainAtMs = Math.min(nowMs + failedPauseMs, endsAtMs)
    }
    return this.#current
  }

  /** When to ask again, after what the provider gave. */
  #check(credentials: Credentials | undefined): number {
    const nowMs = this.#clock.nowMs()
    if (!credentials) {
      // Without keys requests go unsigned; nobody wants that of a client that had some.
      if (this.#current) throw new CredentialsError('provider', 'gives no keys any more')
      return nowMs + nothingPauseMs
    }
    checkCredentials(credentials)
    const leftMs = endOf(credentials) - nowMs
    if (!(leftMs > 0)) throw new CredentialsError('provider', 'gives keys that have expired')
    return endOf(credentials) - Math.min(refreshAheadMs, leftMs * refreshAheadShare)
  }
}

function endOf({ expiration }: Credentials): number {
  return expiration === undefined ? Infinity : expiration.getTime()
}
