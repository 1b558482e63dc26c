import { S3Failure } from '../../failure.ts'
import { Decimal } from '../values/decimal.ts'
import { parseNumeric } from '../values/numeric.ts'
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

const blank = /[ \t\r\n]*/y
const text = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const constant = /true|false|null/y

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** Slower than `JSON.parse`, but exact. Objects become maps. */
class JsonReader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  read(): Value {
    const value = this.#value(0)
    this.#take(blank)
    if (this.#at < this.#source.length) throw malformed()
    return value
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#source)?.[0]
    if (match !== undefined) this.#at += match.length
    return match
  }

  /** Passes over white space and tells which character follows. */
  #peek(): string {
    this.#take(blank)
    return this.#source.charAt(this.#at)
  }

  #value(depth: number): Value {
    if (depth > maxJsonDepth) throw malformed()
    const next = this.#peek()
    if (next === '{') return this.#object(depth)
    if (next === '[') return this.#array(depth)
    if (next === '"') return this.#text()
    const word = this.#take(constant)
    if (word !== undefined) return constants.get(word)
    const digits = this.#take(number)
    const value = digits === undefined ? undefined : parseNumeric(digits)
    if (value === undefined) throw malformed()
    return value
  }

  #text(): string {
    const match = this.#take(text)
    if (match === undefined) throw malformed()
    try {
      return String(JSON.parse(match))
    } catch {
      throw malformed()
    }
  }

  #object(depth: number): Value {
    const members = new Map<string, Value>()
    this.#items('}', () => {
      if (this.#peek() !== '"') throw malformed()
      const name = this.#text()
      if (this.#peek() !== ':') throw malformed()
      this.#at++
      members.set(name, this.#value(depth + 1))
    })
    return members
  }

  #array(depth: number): Value {
    const items: Value[] = []
    this.#items(']', () => void items.push(this.#value(depth + 1)))
    return items
  }

  #items(close: string, readItem: () => void): void {
    this.#at++
    if (this.#peek() === close) {
      this.#at++
      return
    }
    for (;;) {
      readItem()
      const next = this.#peek()
      this.#at++
      if (next === close) return
      if (next !== ',') throw malformed()
    }
  }
}
