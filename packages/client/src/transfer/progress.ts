/** How far a transfer is. */
export interface Progress {
  /** Bytes that have arrived; only rises, also when parts are sent again. */
  readonly transferred: number
  /** Bytes in all; undefined while nobody knows. */
  readonly total: number | undefined
  /** The part that was finished last, from 1. */
  readonly part: number
}

export type OnProgress = (progress: Progress) => void

/** Adds finished parts up. */
export class ProgressMeter {
  readonly #total: number | undefined
  readonly #report: OnProgress | undefined
  #transferred = 0

  constructor(total: number | undefined, report: OnProgress | undefined) {
    this.#total = total
    this.#report = report
  }

  finished(part: number, sizeBytes: number): void {
    this.#transferred += sizeBytes
    this.#report?.({ transferred: this.#transferred, total: this.#total, part })
  }
}
