import type { Clock } from '../clock.ts'
import { checkCredentials } from './static-credentials.ts'
import type { Credentials, CredentialsProvider } from './credentials-provider.ts'

/** Keys are renewed this long before they expire. */
const refreshAheadMs = 5 * 60 * 1000

/** Remembers keys until shortly before they expire; any number of callers share one refresh. */
export class CachedCredentials {
  readonly #provider: CredentialsProvider
  readonly #clock: Clock
  #current: Credentials | undefined
  #asked = false
  #refresh: Promise<Credentials | undefined> | undefined

  constructor(provider: CredentialsProvider, clock: Clock) {
    this.#provider = provider
    this.#clock = clock
  }

  /** The keys; at once when they are at hand. Undefined: the client is anonymous. */
  get(): Credentials | undefined | Promise<Credentials | undefined> {
    if (!this.#asked || this.#endsWithin(refreshAheadMs)) return this.#renew()
    return this.#current
  }

  /** Asks the provider again, after the store called the keys expired. */
  invalidate(): void {
    this.#asked = false
  }

  #endsWithin(ms: number): boolean {
    const expiration = this.#current?.expiration
    return expiration !== undefined && expiration.getTime() - this.#clock.nowMs() < ms
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
      if (credentials) checkCredentials(credentials)
      this.#current = credentials
      this.#asked = true
    } catch (error) {
      // What is still good serves until it ends; the next caller tries again.
      if (this.#current === undefined || this.#endsWithin(0)) throw error
    }
    return this.#current
  }
}
