import { S3Failure } from '../../failure.ts'
import type { FunctionName } from '../sql/ast.ts'
import { isNumeric, toFloat } from '../values/numeric.ts'
import { addToDate, dateDifference, type DatePart } from '../values/time-arithmetic.ts'
import { timeFormatter, type TimeFormatter } from '../values/time-pattern.ts'
import { parseTimestamp, Timestamp } from '../values/timestamp.ts'
import { isAbsent, toNumeric, toTimestamp, type Value } from '../values/value.ts'
import { compare } from './comparisons.ts'

/** Of functions whose operands are all there: NULL and MISSING give NULL before. */
type Present = Exclude<Value, null | undefined>
type StrictFunction = (operands: readonly Present[]) => Value
type StrictName = Exclude<FunctionName, 'COALESCE' | 'NULLIF' | 'UTCNOW' | 'TO_STRING'>

/** What a function gives for its operands. */
export type ScalarFunction = (operands: readonly Value[]) => Value

/**
 * The functions of the SQL reference.
 * @param now the moment of the query, which UTCNOW gives
 */
export function scalarFunction(name: FunctionName, now: Date): ScalarFunction {
  if (name === 'UTCNOW') {
    const moment = Timestamp.fromDate(now)
    return () => moment
  }
  if (name === 'COALESCE') {
    return (operands) => operands.find((operand) => !isAbsent(operand)) ?? null
  }
  if (name === 'NULLIF') {
    return ([first, second]) => (compare('=', first, second) === true ? null : first)
  }
  return strict(name === 'TO_STRING' ? formatWithCache() : functions[name])
}

function strict(run: StrictFunction): ScalarFunction {
  return (operands) => (operands.every(isPresent) ? run(operands) : null)
}

function isPresent(value: Value): value is Present {
  return !isAbsent(value)
}

const functions: Record<StrictName, StrictFunction> = {
  CHAR_LENGTH: ([value]) => BigInt(characterCount(textArgument(value))),
  LOWER: ([value]) => textArgument(value).toLowerCase(),
  UPPER: ([value]) => textArgument(value).toUpperCase(),
  SUBSTRING: ([value, start, length]) =>
    substring(
      textArgument(value),
      integerArgument(start),
      length === undefined ? undefined : integerArgument(length),
    ),
  TRIM: ([side, characters, value]) =>
    trim(textArgument(value), textArgument(characters), textArgument(side)),
  DATE_ADD: ([part, quantity, timestamp]) =>
    addToDate(datePart(part), integerArgument(quantity), timestampArgument(timestamp)),
  DATE_DIFF: ([part, from, to]) =>
    BigInt(dateDifference(datePart(part), timestampArgument(from), timestampArgument(to))),
  EXTRACT: ([part, timestamp]) => BigInt(extract(textArgument(part), timestampArgument(timestamp))),
  TO_TIMESTAMP: ([value]) => {
    if (value instanceof Timestamp) return value
    const timestamp = parseTimestamp(textArgument(value))
    if (timestamp === undefined) throw new S3Failure('ValueParseFailure')
    return timestamp
  },
}

function textArgument(value: Value): string {
  if (typeof value !== 'string') throw new S3Failure('IncorrectSqlFunctionArgumentType')
  return value
}

function integerArgument(value: Value): number {
  const number = toNumeric(value)
  const integer = number === undefined ? Number.NaN : Math.trunc(toFloat(number))
  if (!Number.isSafeInteger(integer)) throw new S3Failure('IncorrectSqlFunctionArgumentType')
  return integer
}

function timestampArgument(value: Value): Timestamp {
  const timestamp = isNumeric(value) ? undefined : toTimestamp(value)
  if (timestamp === undefined) throw new S3Failure('IncorrectSqlFunctionArgumentType')
  return timestamp
}

const dateParts: ReadonlyMap<Value, DatePart> = new Map<Value, DatePart>([
  ['YEAR', 'YEAR'],
  ['MONTH', 'MONTH'],
  ['DAY', 'DAY'],
  ['HOUR', 'HOUR'],
  ['MINUTE', 'MINUTE'],
  ['SECOND', 'SECOND'],
])

function datePart(value: Value): DatePart {
  const part = dateParts.get(value)
  if (part === undefined) throw new S3Failure('EvaluatorInvalidArguments')
  return part
}

function extract(part: string, timestamp: Timestamp): number {
  const { local } = timestamp
  const offset = timestamp.offsetMinutes ?? 0
  switch (part) {
    case 'YEAR':
      return local.year
    case 'MONTH':
      return local.month
    case 'DAY':
      return local.day
    case 'HOUR':
      return local.hour
    case 'MINUTE':
      return local.minute
    case 'SECOND':
      return local.second
    case 'TIMEZONE_HOUR':
      return Math.trunc(offset / 60) + 0
    default:
      return (offset % 60) + 0
  }
}

const surrogate = /[\ud800-\udfff]/

function characterCount(text: string): number {
  if (!surrogate.test(text)) return text.length
  let count = 0
  for (const _character of text) count++
  return count
}

/** Characters count from 1; a start before the first takes its share of the length. */
function substring(text: string, start: number, length: number | undefined): string {
  if (length !== undefined && length < 0) throw new S3Failure('EvaluatorInvalidArguments')
  const from = Math.max(0, start - 1)
  const to = length === undefined ? Infinity : Math.max(from, start - 1 + length)
  if (!surrogate.test(text)) return text.slice(from, to)
  return Array.from(text).slice(from, to).join('')
}

function trim(text: string, characters: string, side: string): string {
  const units = Array.from(text)
  const removed = new Set(characters)
  let from = 0
  let to = units.length
  const isRemoved = (at: number): boolean => removed.has(units[at] ?? '')
  if (side !== 'TRAILING') while (from < to && isRemoved(from)) from++
  if (side !== 'LEADING') while (to > from && isRemoved(to - 1)) to--
  return units.slice(from, to).join('')
}

/** TO_STRING; the pattern hardly ever changes from record to record. */
function formatWithCache(): StrictFunction {
  let known: string | undefined
  let format: TimeFormatter = String
  return ([timestamp, pattern]) => {
    const wanted = textArgument(pattern)
    if (wanted !== known) {
      format = timeFormatter(wanted)
      known = wanted
    }
    return format(timestampArgument(timestamp))
  }
}
