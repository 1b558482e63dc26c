import { regionNameProblem } from '@stowage/protocol'
import { checkRegion } from '../checks.ts'
import { defaultRegion } from '../options.ts'
import type { Endpoint } from './endpoint.ts'
import { InvalidArgumentError } from '../errors.ts'

/** Regions remembered for as many buckets. */
const maxRemembered = 10_000

/** Stands for requests without a bucket; no bucket has this name. */
const service = ''

/** What is known of a bucket's region. */
export interface RegionGuess {
  readonly region: string
  /** False: it was configured or the store said so. */
  readonly guessed: boolean
}

/**
 * Knows the region of each bucket: the configured one, the one in the endpoint's name, or
 * what the store said. Nothing is asked before it matters: most stores take the default,
 * and those that do not name the right region in their refusal.
 */
export class Regions {
  readonly fixed: string | undefined
  readonly #fallback: string
  readonly #learnt = new Map<string, string>()

  constructor(configured: string | undefined, endpoint: Endpoint) {
    if (configured !== undefined) checkRegion(configured)
    else if (endpoint.needsRegion) {
      throw new InvalidArgumentError('region', 'is needed for the hosts of AWS in China')
    }
    this.fixed = configured
    this.#fallback = endpoint.region ?? defaultRegion
  }

  of(bucket: string | undefined): RegionGuess {
    if (this.fixed !== undefined) return { region: this.fixed, guessed: false }
    const learnt = this.#learnt.get(bucket ?? service)
    if (learnt !== undefined) return { region: learnt, guessed: false }
    return { region: this.#fallback, guessed: true }
  }

  /**
   * Remembers what a store said.
   * @returns whether that is news: a region that can be one, other than `tried`
   */
  learn(bucket: string | undefined, region: string | undefined, tried: string): boolean {
    if (region === undefined || this.fixed !== undefined) return false
    if (regionNameProblem(region) !== undefined) return false
    if (this.#learnt.size >= maxRemembered) this.#learnt.clear()
    this.#learnt.set(bucket ?? service, region)
    return region !== tried
  }

  /** A bucket elsewhere than in the configured region could not be used by this client. */
  checkAgreement(region: string): void {
    if (this.fixed !== undefined && region !== this.fixed) {
      throw new InvalidArgumentError('region', `is not the client's own, ${this.fixed}`)
    }
  }

  forget(bucket: string): void {
    this.#learnt.delete(bucket)
  }
}
