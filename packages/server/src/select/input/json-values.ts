import { S3Failure } from '../../failure.ts'
import { Decimal } from '../values/decimal.ts'
import { maxExactDigits, parseNumeric } from '../values/numeric.ts'
import { maxJsonDepth } from '../values/text.ts'
import type { Value } from '../values/value.ts'

/**
 * What `JSON.parse` would not give back as it was: integers beyond 2^53, decimals that end with a
 * zero or have an exponent, and names that look like indexes, which objects put first. Matches
 * within texts only cost time.
 */
const lossy = /\d{16}|\.\d*0(?!\d)|\d[eE][-+\d]|"\d+"\s*:/

/**
 * Reads one JSON value, without losing digits or the order of names.
 * @throws S3Failure JSONParsingError
 */
export function parseJson(text: string): Value {
  if (lossy.test(text)) return new JsonReader(text).read()
  try {
    // What JSON.parse makes are values by construction.
    return JSON.parse(text) as Value
  } catch {
    throw malformed()
  }
}

/** A number that `JSON.parse` made, as the INT or DECIMAL that was written. */
export function exactNumber(value: Value): Value {
  if (typeof value !== 'number') return value
  if (Number.isInteger(value)) return BigInt(value)
  const text = String(value)
  return text.includes('e') ? value : Decimal.parse(text)
}

function malformed(): S3Failure {
  return new S3Failure('JSONParsingError')
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

const words: readonly (readonly [text: string, value: boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

const zero = 0x30
/** The code of a point, counted from that of the digit 0. */
const pointFromZero = 0x2e - zero

/** Whether a number goes on after its digits, with an exponent or in a way that no number has. */
function goesOn(code: number): boolean {
  return code === 0x65 || code === 0x45 || code === 0x2e
}

const nothing: ReadonlyMap<string, Value> = new Map()

/** Slower than `JSON.parse`, but exact. Objects become maps. */
class JsonReader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  read(): Value {
    const value = this.#value(0)
    this.#peek()
    if (this.#at < this.#source.length) throw malformed()
    return value
  }

  /** Passes over white space and returns the code of the character that follows; NaN at the end. */
  #peek(): number {
    const source = this.#source
    for (;;) {
      const code = source.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code
      this.#at++
    }
  }

  #value(depth: number): Value {
    if (depth > maxJsonDepth) throw malformed()
    const next = this.#peek()
    if (next === openBrace) return this.#object(depth)
    if (next === openBracket) return this.#array(depth)
    if (next === quote) return this.#text()
    return next >= 0x61 ? this.#word() : this.#number()
  }

  #word(): boolean | null {
    for (const [text, value] of words) {
      if (!this.#source.startsWith(text, this.#at)) continue
      this.#at += text.length
      return value
    }
    throw malformed()
  }

  /** Most numbers are short: those are read without making texts of them. */
  #number(): Value {
    const source = this.#source
    const start = this.#at
    let units = 0
    let point = -1
    let at = start
    for (; at - start <= maxExactDigits; at++) {
      const digit = source.charCodeAt(at) - zero
      if (digit >= 0 && digit <= 9) units = units * 10 + digit
      else if (digit === pointFromZero && point < 0) point = at
      else break
    }
    const length = at - start
    const hasLeadingZero = source.charCodeAt(start) === zero && length > 1 && point !== start + 1
    const isPlain = length > 0 && point !== start && point !== at - 1 && !hasLeadingZero
    if (!isPlain || length > maxExactDigits || goesOn(source.charCodeAt(at))) {
      return this.#anyNumber()
    }
    this.#at = at
    return point < 0 ? BigInt(units) : new Decimal(BigInt(units), at - point - 1)
  }

  #anyNumber(): Value {
    number.lastIndex = this.#at
    if (!number.test(this.#source)) throw malformed()
    const value = parseNumeric(this.#source.slice(this.#at, number.lastIndex))
    this.#at = number.lastIndex
    if (value === undefined) throw malformed()
    return value
  }

  #text(): string {
    const source = this.#source
    const start = this.#at
    let at = start + 1
    let isPlain = true
    for (let code = source.charCodeAt(at); code !== quote; code = source.charCodeAt(at)) {
      if (code === backslash) {
        isPlain = false
        at++
      } else if (!(code >= 0x20)) throw malformed()
      at++
    }
    this.#at = at + 1
    return isPlain ? source.slice(start + 1, at) : unescaped(source.slice(start, at + 1))
  }

  #object(depth: number): Value {
    if (this.#isEmpty(closeBrace)) return nothing
    const members = new Map<string, Value>()
    do {
      if (this.#peek() !== quote) throw malformed()
      const name = this.#text()
      if (this.#peek() !== colon) throw malformed()
      this.#at++
      members.set(name, this.#value(depth + 1))
    } while (this.#goesOn(closeBrace))
    return members
  }

  #array(depth: number): Value {
    const items: Value[] = []
    if (this.#isEmpty(closeBracket)) return items
    do items.push(this.#value(depth + 1))
    while (this.#goesOn(closeBracket))
    return items
  }

  /** Passes over the opening bracket, and over the closing one where it follows. */
  #isEmpty(close: number): boolean {
    this.#at++
    const isEmpty = this.#peek() === close
    if (isEmpty) this.#at++
    return isEmpty
  }

  /** Passes over what follows an item: whether it is a comma, and not the end. */
  #goesOn(close: number): boolean {
    const next = this.#peek()
    this.#at++
    if (next !== close && next !== comma) throw malformed()
    return next === comma
  }
}

/** @param literal with its quotes */
function unescaped(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    throw malformed()
  }
}
