import { Decimal } from './decimal.ts'
import type { Numeric } from './numeric.ts'
import { compareNumeric, isNumeric, maxScalarCharacters, parseNumeric } from './numeric.ts'
import { parseTimestamp, Timestamp } from './timestamp.ts'

/**
 * A JSON object: as `JSON.parse` made it, or a map where that would have lost something
 * (see `input/json-values.ts`).
 */
export type Struct = ReadonlyMap<string, Value> | { readonly [name: string]: Value }

/** A value of S3 Select. `undefined` is MISSING, `null` is NULL, bigint INT, number FLOAT. */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | Numeric
  | Timestamp
  | readonly Value[]
  | Struct

export type List = readonly Value[]

export function isList(value: Value): value is List {
  return Array.isArray(value)
}

export function isStruct(value: Value): value is Struct {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Decimal) &&
    !(value instanceof Timestamp)
  )
}

/** Whether a value is NULL or MISSING, which nearly everything treats alike. */
export function isAbsent(value: Value): value is null | undefined {
  return value === null || value === undefined
}

function isMap(struct: Struct): struct is ReadonlyMap<string, Value> {
  return struct instanceof Map
}

export function structEntries(struct: Struct): Iterable<readonly [name: string, value: Value]> {
  return isMap(struct) ? struct : Object.entries(struct)
}

export function structNames(struct: Struct): readonly string[] {
  return isMap(struct) ? Array.from(struct.keys()) : Object.keys(struct)
}

/** The member of exactly that name, not of a prototype. */
export function structMember(struct: Struct, name: string): Value {
  if (isMap(struct)) return struct.get(name)
  return Object.hasOwn(struct, name) ? struct[name] : undefined
}

/** The boolean that a value stands for: CSV has no other way to write one than a text. */
export function toBoolean(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' || value.length > maxScalarCharacters) return undefined
  const text = value.trim().toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : undefined
}

/** The number that a value is, or that its text says. */
export function toNumeric(value: Value): Numeric | undefined {
  if (isNumeric(value)) return value
  return typeof value === 'string' ? parseNumeric(value) : undefined
}

export function toTimestamp(value: Value): Timestamp | undefined {
  if (value instanceof Timestamp) return value
  return typeof value === 'string' ? parseTimestamp(value) : undefined
}

/**
 * Orders two values that are neither NULL nor MISSING. A text, which is all that CSV has, is read
 * as what it is compared with; two texts are compared as texts, by code points.
 *
 * @returns negative, zero or positive; undefined where both have nothing in common
 */
export function compareValues(left: Value, right: Value): number | undefined {
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right)
  if (isNumeric(left) || isNumeric(right)) {
    const first = toNumeric(left)
    const second = toNumeric(right)
    return first === undefined || second === undefined ? undefined : compareNumeric(first, second)
  }
  if (left instanceof Timestamp || right instanceof Timestamp) {
    const second = toTimestamp(right)
    return second === undefined ? undefined : toTimestamp(left)?.compare(second)
  }
  if (typeof left === 'boolean' || typeof right === 'boolean') return compareBooleans(left, right)
  return sameNested(left, right) ? 0 : undefined
}

function compareBooleans(left: Value, right: Value): number | undefined {
  const first = toBoolean(left)
  const second = toBoolean(right)
  return first === undefined || second === undefined ? undefined : Number(first) - Number(second)
}

/** By code points, as bytes of UTF-8 compare: UTF-16 puts emoji before the last of the BMP. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const first = left.charCodeAt(at)
    const second = right.charCodeAt(at)
    if (first !== second)
      return isSurrogate(first) === isSurrogate(second)
        ? first - second
        : isSurrogate(first)
          ? 1
          : -1
  }
  return left.length - right.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

const maxNesting = 32

function sameNested(left: Value, right: Value, depth = 0): boolean {
  if (depth > maxNesting) return false
  if (isAbsent(left) || isAbsent(right)) return left === right
  if (isList(left) && isList(right)) {
    return (
      left.length === right.length &&
      left.every((item, index) => sameNested(item, right[index], depth + 1))
    )
  }
  if (isStruct(left) && isStruct(right)) {
    const second = new Map(structEntries(right))
    const first = [...structEntries(left)]
    return (
      first.length === second.size &&
      first.every(
        ([name, item]) => second.has(name) && sameNested(item, second.get(name), depth + 1),
      )
    )
  }
  if (isList(left) || isList(right) || isStruct(left) || isStruct(right)) return false
  return compareValues(left, right) === 0
}
