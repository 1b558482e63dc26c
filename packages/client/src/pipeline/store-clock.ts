import type { Clock } from '../clock.ts'

/** S3 refuses clocks that are 15 minutes off; less than this is not worth a correction. */
const minSkewMs = 4 * 60 * 1000

/** The time as the store sees it: signatures carry it. */
export class StoreClock {
  readonly #clock: Clock
  #offsetMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.#offsetMs
  }

  /**
   * Takes the store's time over.
   * @returns whether that made a difference
   */
  correct(storeTimeMs: number): boolean {
    if (Math.abs(storeTimeMs - this.nowMs()) < minSkewMs) return false
    this.#offsetMs = storeTimeMs - this.#clock.nowMs()
    return true
  }
}
