import type { CompareOperator, Expression } from '../sql/ast.ts'
import {
  isNumeric,
  maxExactDigits,
  parseShortNumber,
  toFloat,
  type Numeric,
} from '../values/numeric.ts'
import { compareValues, isAbsent, isList, type Value } from '../values/value.ts'
import type { Evaluate } from './evaluate.ts'

const tests: Record<CompareOperator, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

/** What a comparison gives for values that have no order: they differ, and no more is known. */
const unordered: Record<CompareOperator, Value> = {
  '=': false,
  '!=': true,
  '<': null,
  '<=': null,
  '>': null,
  '>=': null,
}

export function compare(operator: CompareOperator, left: Value, right: Value): Value {
  if (isAbsent(left) || isAbsent(right)) return null
  const order = compareValues(left, right)
  return order === undefined || Number.isNaN(order) ? unordered[operator] : tests[operator](order)
}

/** @param right the second operand as it was written, to see whether it is a number */
export function compileComparison<R>(
  operator: CompareOperator,
  left: Evaluate<R>,
  right: Expression,
  evaluateRight: Evaluate<R>,
): Evaluate<R> {
  if (right.kind === 'literal' && isNumeric(right.value)) {
    return compareWithNumber(operator, left, right.value)
  }
  return (record) => compare(operator, left(record), evaluateRight(record))
}

/** The most frequent comparison, of a text of CSV with a number, without making objects. */
function compareWithNumber<R>(
  operator: CompareOperator,
  left: Evaluate<R>,
  number: Numeric,
): Evaluate<R> {
  const float = toFloat(number)
  const test = tests[operator]
  if (String(number).length > maxExactDigits) {
    return (record) => compare(operator, left(record), number)
  }
  return (record) => {
    const value = left(record)
    const short = typeof value === 'string' ? parseShortNumber(value) : undefined
    return short === undefined ? compare(operator, value, number) : test(short - float)
  }
}

export function isBetween(value: Value, low: Value, high: Value): Value {
  return both(compare('>=', value, low), compare('<=', value, high))
}

function both(first: Value, second: Value): Value {
  if (first === false || second === false) return false
  return first === true && second === true ? true : null
}

/** @returns NULL where nothing is equal, but something is not known */
export function isAmong(value: Value, choices: Iterable<Value>): Value {
  let result: Value = false
  for (const choice of choices) {
    const equal = compare('=', value, choice)
    if (equal === true) return true
    if (equal === null) result = null
  }
  return result
}

/** `x IN s.list`: what is no list is its only element. */
export function choicesIn(value: Value): readonly Value[] {
  return isList(value) ? value : [value]
}

/** NOT, in three-valued logic. */
export function negated(value: Value): Value {
  return typeof value === 'boolean' ? !value : null
}
