import { unitsOf, type WorkSlices } from '../../work-slices.ts'
import type { Value } from '../values/value.ts'
import type { Evaluate } from './evaluate.ts'

/** Thrown out of an evaluation when its slice of work is over; evaluating the record again goes on. */
export const sliceOver: Error = new Error('the slice of work is over')

/**
 * Lets the evaluation of one record be cut into slices: a record of a megabyte and an expression of
 * thousands of terms take seconds together. What was evaluated before a cut is not evaluated again.
 */
export class Checkpoints {
  readonly #slices: WorkSlices
  #record = 0
  /** What a term costs: it may go through the whole record. */
  #unitsPerTerm = 1

  constructor(slices: WorkSlices) {
    this.#slices = slices
  }

  /** Says that another record follows, of so many characters. */
  nextRecord(size: number): void {
    this.#record++
    this.#unitsPerTerm = unitsOf(size)
  }

  /** The same evaluation, which throws {@link sliceOver} where it has to go on later. */
  guard<R>(evaluate: Evaluate<R>): Evaluate<R> {
    let knownRecord = -1
    let known: Value
    return (record) => {
      if (knownRecord === this.#record) return known
      known = evaluate(record)
      knownRecord = this.#record
      if (this.#slices.isSpent(this.#unitsPerTerm)) throw sliceOver
      return known
    }
  }
}
