/** Who has something to do. */
export interface TurnTaker {
  takeTurn(): void
}

/** Turns in one iteration of the event loop. */
const turnsPerIteration = 32

/** Iterations that may belong to new connections alone before the others get their turns. */
const maxCredit = 256

/**
 * Gives everybody a turn in the order in which they asked, a few in each iteration of the event
 * loop. libuv accepts one connection in each iteration. If every iteration also served whoever is
 * ready, then 1,000 connections that come together would be accepted at the pace of the requests of
 * those before them, and the last would wait for half a million requests. So an iteration that has
 * accepted a connection gives no turns, as long as there is credit, and turns earn it again.
 */
export class Turns {
  readonly #ready = new Set<TurnTaker>()
  readonly #atEndOfIteration: (task: () => void) => void
  #scheduled = false
  #accepted = false
  #credit = maxCredit
  /** Turns in this iteration. */
  #given = 0

  /** @param atEndOfIteration  `setImmediate`, or that of a test */
  constructor(atEndOfIteration: (task: () => void) => void = setImmediate) {
    this.#atEndOfIteration = atEndOfIteration
  }

  /** Asks for a turn; asking twice gives one. */
  request(taker: TurnTaker): void {
    this.#ready.add(taker)
    this.#schedule()
  }

  /** Whether somebody has asked and waits. */
  isDue(taker: TurnTaker): boolean {
    return this.#ready.has(taker)
  }

  /**
   * Gives one more turn at once to somebody who has had one, if there are enough in this iteration
   * for all who wait. @returns whether there are
   */
  mayContinue(): boolean {
    if (this.#given + this.#ready.size >= turnsPerIteration) return false
    this.#given += 1
    this.#schedule()
    return true
  }

  cancel(taker: TurnTaker): void {
    this.#ready.delete(taker)
  }

  /** Tells of a new connection. */
  connectionAccepted(): void {
    this.#accepted = true
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#atEndOfIteration(this.#run)
  }

  readonly #run = (): void => {
    this.#scheduled = false
    const accepting = this.#accepted && this.#credit > 0
    this.#accepted = false
    this.#given = 0
    if (accepting) this.#credit -= 1
    else this.#giveTurns()
    if (this.#ready.size > 0) this.#schedule()
  }

  #giveTurns(): void {
    for (const taker of this.#ready) {
      if (this.#given >= turnsPerIteration) break
      this.#given += 1
      this.#ready.delete(taker)
      taker.takeTurn()
    }
    this.#credit = Math.min(maxCredit, this.#credit + Math.max(this.#given, 1))
  }
}
