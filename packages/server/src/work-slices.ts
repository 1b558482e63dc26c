/** How long work may go on before other requests get their turn, in milliseconds. */
const sliceMs = 5
/** The clock is asked after so many units of work: asking costs as much as some of them. */
const unitsPerLook = 256
/** So many characters are handled in about the time of one unit. */
const charactersPerUnit = 256

/** Where slices end, and how the others get their turn. */
export interface Turns {
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs: () => number
  /** Resolves in a later turn of the event loop. */
  readonly next: () => Promise<void>
}

export const systemTurns: Turns = {
  clockMs: () => performance.now(),
  next: () => new Promise((resolve) => void setImmediate(resolve)),
}

/** The units of work that handling a text of that length costs. */
export function unitsOf(characters: number): number {
  return 1 + Math.floor(characters / charactersPerUnit)
}

/**
 * Cuts the work of one request into slices of a few milliseconds. Promises alone do not: what is
 * in memory resolves within the same turn of the event loop, however much of it there is.
 *
 * @example
 * const slices = new WorkSlices(systemTurns)
 * let sum = 0
 * for (const number of [1, 2, 3]) {
 *   sum += number
 *   if (slices.isSpent(1)) await slices.nextTurn()
 * }
 */
export class WorkSlices {
  readonly #turns: Turns
  #unitsLeft = unitsPerLook
  #endsMs: number

  constructor(turns: Turns) {
    this.#turns = turns
    this.#endsMs = turns.clockMs() + sliceMs
  }

  /** Whether the slice is over. */
  get isOver(): boolean {
    return this.#turns.clockMs() >= this.#endsMs
  }

  /** Counts work that was done; returns whether the slice is over. */
  isSpent(units: number): boolean {
    this.#unitsLeft -= units
    if (this.#unitsLeft > 0) return false
    this.#unitsLeft = unitsPerLook
    return this.isOver
  }

  /** Lets the others have their turn. */
  async nextTurn(): Promise<void> {
    await this.#turns.next()
    this.#endsMs = this.#turns.clockMs() + sliceMs
  }
}
