import type { Clock } from '../clock.ts'

/** S3 refuses clocks that are 15 minutes off; less than this is not worth a correction. */
const minSkewMs = 4 * 60 * 1000

/**
 * The most by which a clock is off where anybody on the way may change the answer. Machines mistake
 * hours, time zones or a day; who says that it is 2099 wants signatures that are good in 2099.
 */
const maxUnverifiedSkewMs = 25 * 60 * 60 * 1000

/** The time as the store sees it: signatures carry it. */
export class StoreClock {
  readonly #clock: Clock
  readonly #maxSkewMs: number
  #offsetMs = 0

  /** @param isVerified whether nobody on the way can say the time in place of the store */
  constructor(clock: Clock, isVerified: boolean) {
    this.#clock = clock
    this.#maxSkewMs = isVerified ? Infinity : maxUnverifiedSkewMs
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.#offsetMs
  }

  /**
   * Takes the store's time over, if it is one to be believed.
   * @returns whether that made a difference
   */
  correct(storeTimeMs: number): boolean {
    if (Math.abs(storeTimeMs - this.nowMs()) < minSkewMs) return false
    if (Math.abs(storeTimeMs - this.#clock.nowMs()) > this.#maxSkewMs) return false
    this.#offsetMs = storeTimeMs - this.#clock.nowMs()
    return true
  }
}
