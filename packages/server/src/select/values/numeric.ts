import { S3Failure } from '../../failure.ts'
import { Decimal } from './decimal.ts'

/** INT, FLOAT and DECIMAL. */
export type Numeric = bigint | number | Decimal

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'

const plainNumber = /^[ \t]*([+-]?(?:\d+(?:\.\d*)?|\.\d+))([eE][+-]?\d{1,4})?[ \t\r]*$/
/** Beyond this a text is read as FLOAT: exact arithmetic on it would take quadratic time. */
const maxExactCharacters = 80

const maxInteger = 2n ** 63n - 1n
const minInteger = -(2n ** 63n)

function isInteger(value: bigint): boolean {
  return value <= maxInteger && value >= minInteger
}

/**
 * A longer text is no number, no time and no boolean: a query may compare one field of a megabyte
 * with thousands of them.
 */
export const maxScalarCharacters = 1024

/** The number that a text is: INT where it can be, FLOAT with an exponent, otherwise DECIMAL. */
export function parseNumeric(text: string): Numeric | undefined {
  if (text.length > maxScalarCharacters) return undefined
  const match = plainNumber.exec(text)
  const digits = match?.[1]
  if (match === null || digits === undefined) return undefined
  if (match[2] !== undefined || digits.length > maxExactCharacters) return finite(Number(text))
  if (digits.includes('.')) return Decimal.parse(digits)
  return integerOrDecimal(BigInt(digits.startsWith('+') ? digits.slice(1) : digits))
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

/** An INT, or a DECIMAL where it is too large for one. */
export function integerOrDecimal(value: bigint): Numeric {
  return isInteger(value) ? value : new Decimal(value, 0)
}

const shortNumber = /^[ \t]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)[ \t\r]*$/
/** Numbers of up to 15 digits compare as doubles exactly as they do as decimals. */
export const maxExactDigits = 15

/** A short number as a double that is as good as exact for comparing; undefined for all others. */
export function parseShortNumber(text: string): number | undefined {
  return text.length <= maxExactDigits && shortNumber.test(text) ? Number(text) : undefined
}

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Decimal
}

export function toFloat(value: Numeric): number {
  return value instanceof Decimal ? value.toNumber() : Number(value)
}

function toDecimal(value: bigint | Decimal): Decimal {
  return typeof value === 'bigint' ? new Decimal(value, 0) : value
}

/** @returns negative, zero or positive; NaN where one of both is no number */
export function compareNumeric(left: Numeric, right: Numeric): number {
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    return left < right ? -1 : left > right ? 1 : 0
  }
  if (typeof left !== 'number' && typeof right !== 'number') {
    return toDecimal(left).compare(toDecimal(right))
  }
  return toFloat(left) - toFloat(right)
}

export function negate(value: Numeric): Numeric {
  return value instanceof Decimal ? value.negate() : -value
}

/**
 * A FLOAT makes the result FLOAT, a DECIMAL makes it DECIMAL, two INTs stay INT (5 / 2 is 2).
 * @throws S3Failure IntegerOverflow, or ExternalEvalException for a division by zero
 */
export function calculate(operator: ArithmeticOperator, left: Numeric, right: Numeric): Numeric {
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    return checkedInteger(integers[operator](left, right))
  }
  if (typeof left !== 'number' && typeof right !== 'number') {
    return decimals[operator](toDecimal(left), toDecimal(right))
  }
  return checkedFloat(floats[operator](toFloat(left), toFloat(right)))
}

/** @throws S3Failure IntegerOverflow */
export function checkedInteger(value: bigint): bigint {
  if (!isInteger(value)) throw new S3Failure('IntegerOverflow')
  return value
}

function checkedFloat(value: number): number {
  if (!Number.isFinite(value)) throw new S3Failure('ExternalEvalException')
  return value
}

type Calculations<T> = Record<ArithmeticOperator, (left: T, right: T) => T>

const integers: Calculations<bigint> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / divisor(right),
  '%': (left, right) => left % divisor(right),
}

const floats: Calculations<number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
}

const decimals: Calculations<Decimal> = {
  '+': (left, right) => left.add(right),
  '-': (left, right) => left.add(right.negate()),
  '*': (left, right) => left.multiply(right),
  '/': (left, right) => left.divide(decimalDivisor(right)),
  '%': (left, right) => left.remainder(decimalDivisor(right)),
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw divisionByZero()
  return value
}

function decimalDivisor(value: Decimal): Decimal {
  if (value.units === 0n) throw divisionByZero()
  return value
}

function divisionByZero(): S3Failure {
  return new S3Failure('ExternalEvalException', { message: 'The query divides by zero.' })
}
