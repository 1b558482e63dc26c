import { HASH } from './characters.ts'

/** A decoded reference and the index after its semicolon. */
export interface Reference {
  readonly text: string
  readonly end: number
}

/** The only entities there are: a document that declares others has a DOCTYPE, which is refused. */
const entities: readonly (readonly [source: string, text: string])[] = [
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&apos;', "'"],
]

const LAST_CODE_POINT = 0x10ffff
const LOWER_X = 0x78

/**
 * Decodes the reference whose `&` is at `at`.
 *
 * Every Unicode scalar value is accepted, also those that XML 1.0 forbids: object keys may hold
 * control characters, and S3 lists them as `&#x1;`.
 *
 * @returns undefined for other entities, surrogates, and numbers that are no code point
 */
export function decodeReference(source: string, at: number): Reference | undefined {
  if (source.charCodeAt(at + 1) === HASH) return decodeNumber(source, at)
  for (const [entity, text] of entities) {
    if (source.startsWith(entity, at)) return { text, end: at + entity.length }
  }
  return undefined
}

function decodeNumber(source: string, at: number): Reference | undefined {
  const isHex = source.charCodeAt(at + 2) === LOWER_X
  const base = isHex ? 16 : 10
  const first = at + (isHex ? 3 : 2)
  let value = 0
  let end = first
  for (let digit = digitAt(source, end); digit < base; digit = digitAt(source, ++end)) {
    value = value * base + digit
    if (value > LAST_CODE_POINT) return undefined
  }
  const isSurrogate = value >= 0xd800 && value <= 0xdfff
  if (end === first || source[end] !== ';' || isSurrogate) return undefined
  return { text: String.fromCodePoint(value), end: end + 1 }
}

/** The value of a digit of any base up to 16; 16 for everything else. */
function digitAt(source: string, at: number): number {
  const code = source.charCodeAt(at)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 16
}
