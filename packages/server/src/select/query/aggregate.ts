import { S3Failure } from '../../failure.ts'
import type { AggregateName } from '../sql/ast.ts'
import { Decimal } from '../values/decimal.ts'
import { calculate, compareNumeric, parseNumeric, type Numeric } from '../values/numeric.ts'
import { Timestamp } from '../values/timestamp.ts'
import { compareTexts, isAbsent, toNumeric, type Value } from '../values/value.ts'
import type { Evaluate } from './evaluate.ts'

/** Gathers the values of one aggregate over all records. */
export interface Accumulator {
  /** @param value neither NULL nor MISSING */
  add(value: Value): void
  result(): Value
}

/** One aggregate of a query. */
export class Aggregate<R> {
  readonly #operand: Evaluate<R> | undefined
  readonly #accumulator: Accumulator

  /** @param operand undefined for `COUNT(*)` */
  constructor(name: AggregateName, operand: Evaluate<R> | undefined) {
    this.#operand = operand
    this.#accumulator = accumulators[name]()
  }

  add(record: R): void {
    const value = this.#operand === undefined ? true : this.#operand(record)
    if (!isAbsent(value)) this.#accumulator.add(value)
  }

  get result(): Value {
    return this.#accumulator.result()
  }
}

const accumulators: Record<AggregateName, () => Accumulator> = {
  COUNT: () => new Count(),
  SUM: () => new Sum(),
  AVG: () => new Average(),
  MIN: () => new Extreme(-1),
  MAX: () => new Extreme(1),
}

class Count implements Accumulator {
  #count = 0

  add(): void {
    this.#count++
  }

  result(): Value {
    return BigInt(this.#count)
  }
}

/** @throws S3Failure CastFailed for what is no number and no text of one */
function numberOf(value: Value): Numeric {
  const number = toNumeric(value)
  if (number === undefined) {
    throw new S3Failure('CastFailed', { message: 'An aggregate met a value that is no number.' })
  }
  return number
}

class Sum implements Accumulator {
  #sum: Numeric | undefined

  add(value: Value): void {
    const number = numberOf(value)
    this.#sum = this.#sum === undefined ? number : calculate('+', this.#sum, number)
  }

  result(): Value {
    return this.#sum ?? null
  }
}

class Average implements Accumulator {
  #sum: Numeric = new Decimal(0n, 0)
  #count = 0

  add(value: Value): void {
    this.#sum = calculate('+', this.#sum, numberOf(value))
    this.#count++
  }

  result(): Value {
    return this.#count === 0 ? null : calculate('/', this.#sum, BigInt(this.#count))
  }
}

/**
 * MIN and MAX, of numbers or of moments. Texts compare as numbers as long as all of them are
 * numbers: CSV cannot say what its columns are. As soon as one is none, they compare as texts.
 */
class Extreme implements Accumulator {
  readonly #sign: 1 | -1
  #number: Numeric | undefined
  #text: string | undefined
  #moment: Timestamp | undefined
  #sawWord = false

  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  add(value: Value): void {
    if (typeof value === 'string') this.#addText(value)
    else if (value instanceof Timestamp) this.#addMoment(value)
    else this.#addNumber(numberOf(value))
  }

  #addText(text: string): void {
    if (this.#text === undefined || compareTexts(text, this.#text) * this.#sign > 0) {
      this.#text = text
    }
    const number = this.#sawWord ? undefined : parseNumeric(text)
    if (number === undefined) this.#sawWord = true
    else this.#addNumber(number)
  }

  #addNumber(number: Numeric): void {
    if (this.#number === undefined || compareNumeric(number, this.#number) * this.#sign > 0) {
      this.#number = number
    }
  }

  #addMoment(moment: Timestamp): void {
    if (this.#moment === undefined || moment.compare(this.#moment) * this.#sign > 0) {
      this.#moment = moment
    }
  }

  result(): Value {
    return this.#moment ?? (this.#sawWord ? this.#text : this.#number) ?? null
  }
}
