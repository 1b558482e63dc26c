import { S3Failure } from '../../failure.ts'
import type { CastType } from '../sql/ast.ts'
import { Decimal } from './decimal.ts'
import { checkedInteger, isNumeric, parseNumeric, toFloat, type Numeric } from './numeric.ts'
import { textOf } from './text.ts'
import { isAbsent, toBoolean, toTimestamp, type Value } from './value.ts'

/**
 * CAST. NULL stays NULL and MISSING stays MISSING.
 * @throws S3Failure CastFailed, IntegerOverflow
 */
export function cast(value: Value, type: CastType, parameters: readonly number[]): Value {
  return isAbsent(value) ? value : casts[type](value, parameters)
}

type Cast = (value: Exclude<Value, null | undefined>, parameters: readonly number[]) => Value

const casts: Record<CastType, Cast> = {
  INT: castToInteger,
  FLOAT: (value) => toFloat(numberOf(value, 'FLOAT')),
  DECIMAL: castToDecimal,
  STRING: castToText,
  BOOL: castToBoolean,
  TIMESTAMP: (value) => toTimestamp(value) ?? fail('TIMESTAMP'),
}

function fail(type: CastType): never {
  throw new S3Failure('CastFailed', { message: `A value cannot be converted to ${type}.` })
}

function numberOf(value: Value, type: CastType): Numeric {
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (isNumeric(value)) return value
  return (typeof value === 'string' ? parseNumeric(value) : undefined) ?? fail(type)
}

/** Numbers lose their fraction, and so do texts of numbers, as on MinIO. */
function castToInteger(value: Value): Value {
  const number = numberOf(value, 'INT')
  if (typeof number === 'bigint') return number
  if (number instanceof Decimal) return checkedInteger(number.truncate())
  return checkedInteger(BigInt(Math.trunc(number)))
}

function castToDecimal(value: Value, parameters: readonly number[]): Value {
  const number = numberOf(value, 'DECIMAL')
  const decimal = number instanceof Decimal ? number : decimalOf(number)
  const [, scale] = parameters
  return scale === undefined || scale > maxScale ? decimal : decimal.withScale(scale)
}

const maxScale = 38

function decimalOf(number: bigint | number): Decimal {
  if (typeof number === 'bigint') return new Decimal(number, 0)
  const text = String(number)
  if (!text.includes('e')) return Decimal.parse(text)
  const magnitude = Math.abs(number)
  if (magnitude >= 1e38) return fail('DECIMAL')
  return magnitude < 1 ? Decimal.parse(number.toFixed(maxScale)) : new Decimal(BigInt(number), 0)
}

/** `CHAR(n)` and `VARCHAR(n)` hold n characters. */
function castToText(value: Value, parameters: readonly number[]): Value {
  const text = textOf(value)
  const [length] = parameters
  if (length === undefined || text.length <= length) return text
  return Array.from(text.slice(0, 2 * length))
    .slice(0, length)
    .join('')
}

function castToBoolean(value: Value): Value {
  const boolean = toBoolean(value)
  if (boolean !== undefined) return boolean
  return isNumeric(value) ? toFloat(value) !== 0 : fail('BOOL')
}
