import { Buffer, isUtf8 } from 'node:buffer'

import type { SchemaElement } from 'hyparquet'

import { Decimal } from '../values/decimal.ts'
import { integerOrDecimal } from '../values/numeric.ts'
import { Timestamp } from '../values/timestamp.ts'
import type { Value } from '../values/value.ts'
import type { ParquetColumn } from './parquet-worker.ts'

/** What a column holds, made a value. */
export type ParquetConverter = (raw: unknown) => Value

const secondsPerDay = 86_400

/** How a moment is marked that comes from the thread that reads. Its value is never JSON. */
export const momentMark: string = '\u0000moment'

/** Days have no time, moments are in UTC with all their digits. */
function momentOf(value: bigint, digits: unknown): Timestamp {
  if (typeof digits !== 'number' || digits < 0) {
    return new Timestamp(Number(value) * secondsPerDay, '', undefined, 'day')
  }
  const unit = 10n ** BigInt(digits)
  const rest = ((value % unit) + unit) % unit
  const fraction = rest === 0n ? '' : rest.toString().padStart(digits, '0')
  return new Timestamp(Number((value - rest) / unit), fraction, 0, 'second')
}

function isDecimal({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL'
}

/** The places of columns that hyparquet would turn into floating-point numbers. */
export function placesOfDecimals(columns: readonly ParquetColumn[]): readonly number[] {
  return columns.flatMap(({ element, isNested }, place) =>
    !isNested && isDecimal(element) ? [place] : [],
  )
}

/** @param column as the file describes it, with the mark of decimals */
export function converterFor({ element, isNested }: ParquetColumn): ParquetConverter {
  if (isNested) return nestedValue
  if (isDecimal(element)) return (raw) => decimalOf(raw, element.scale ?? 0)
  if (element.type === 'INT32' || element.type === 'INT64') return integerOf
  return nestedValue
}

function decimalOf(raw: unknown, scale: number): Value {
  if (typeof raw === 'bigint' || typeof raw === 'number') return new Decimal(BigInt(raw), scale)
  return raw instanceof Uint8Array ? new Decimal(signedOf(raw), scale) : nestedValue(raw)
}

/** Two's complement, the highest byte first. */
function signedOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  return BigInt.asIntN(8 * bytes.length, value)
}

/** Dates and times among the columns of integers are moments already. */
function integerOf(raw: unknown): Value {
  return typeof raw === 'number' && Number.isInteger(raw) ? BigInt(raw) : nestedValue(raw)
}

const maxNesting = 64

function nestedValue(raw: unknown, depth = 0): Value {
  if (raw === null || raw === undefined) return null
  if (typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean') return raw
  if (typeof raw === 'bigint') return integerOrDecimal(raw)
  if (raw instanceof Uint8Array) return textOfBytes(raw)
  if (typeof raw !== 'object' || depth > maxNesting) return null
  if (Array.isArray(raw) || ArrayBuffer.isView(raw)) {
    return Array.from(raw as ArrayLike<unknown>, (item) => nestedValue(item, depth + 1))
  }
  const members = Object.entries(raw)
  const [first, second] = members
  if (first?.[0] === momentMark && typeof first[1] === 'bigint') {
    return momentOf(first[1], second?.[1])
  }
  return new Map(members.map(([name, item]) => [name, nestedValue(item, depth + 1)]))
}

/** Old writers do not mark what is text; what is none is written as Base64. */
function textOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString(isUtf8(bytes) ? 'utf8' : 'base64')
}
