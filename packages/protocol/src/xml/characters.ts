/** Code points of the characters that mean something to XML. */
export const TAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const BANG = 0x21
export const QUOTE = 0x22
export const HASH = 0x23
export const AMPERSAND = 0x26
export const APOSTROPHE = 0x27
export const SLASH = 0x2f
export const LESS = 0x3c
export const EQUALS = 0x3d
export const GREATER = 0x3e
export const QUESTION = 0x3f
export const RIGHT_BRACKET = 0x5d
export const BYTE_ORDER_MARK = 0xfeff

const FIRST_SURROGATE = 0xd800

const PLAIN = 1
const NAME_START = 2
const NAME_PART = 4

/** What each ASCII character may be. One load per character is what makes the scanning loops fast. */
const ascii: Uint8Array = classifyAscii()

function classifyAscii(): Uint8Array {
  const classes = new Uint8Array(128)
  for (let code = SPACE; code < 128; code++) classes[code] = PLAIN
  for (const code of [TAB, LF]) classes[code] = PLAIN
  for (const code of [AMPERSAND, LESS, GREATER]) classes[code] = 0
  for (let code = 0; code < 128; code++) {
    const character = String.fromCharCode(code)
    if (/[A-Za-z_:]/.test(character)) classes[code] = PLAIN | NAME_START | NAME_PART
    else if (/[-.0-9]/.test(character)) classes[code] = PLAIN | NAME_PART
  }
  return classes
}

/** The ranges of NameStartChar beyond ASCII (XML 1.0, fifth edition, production 4). */
const nameStartRanges: readonly (readonly [first: number, last: number])[] = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff],
]

/** What NameChar adds to NameStartChar beyond ASCII (production 4a). */
const namePartRanges: readonly (readonly [first: number, last: number])[] = [
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040],
]

function isWithin(
  ranges: readonly (readonly [first: number, last: number])[],
  code: number,
): boolean {
  return ranges.some(([first, last]) => code >= first && code <= last)
}

/** Whether a code point may begin a name. */
export function isNameStart(code: number): boolean {
  if (code < 128) return ((ascii[code] ?? 0) & NAME_START) !== 0
  return isWithin(nameStartRanges, code)
}

/** Whether a code unit is an ASCII character that may stand in a name. */
export function isAsciiNamePart(code: number): boolean {
  return code < 128 && ((ascii[code] ?? 0) & NAME_PART) !== 0
}

/** Whether a code point may stand in a name. */
export function isNamePart(code: number): boolean {
  if (code < 128) return ((ascii[code] ?? 0) & NAME_PART) !== 0
  return isWithin(nameStartRanges, code) || isWithin(namePartRanges, code)
}

/** White space in XML's sense: production 3. */
export function isBlank(code: number): boolean {
  return code === SPACE || code === LF || code === CR || code === TAB
}

/** The index of the first character at or after `from` that is not white space. */
export function skipBlanks(source: string, from: number): number {
  let at = from
  while (isBlank(source.charCodeAt(at))) at++
  return at
}

/**
 * The index of the first character at or after `from` that text cannot simply take over: markup,
 * references, carriage returns, `>`, surrogates, illegal characters, the end.
 */
export function endOfPlainText(source: string, from: number): number {
  let at = from
  for (;;) {
    const code = source.charCodeAt(at)
    // NaN, at the end of the source, fails both comparisons.
    if (code < 128 ? ((ascii[code] ?? 0) & PLAIN) === 0 : !(code < FIRST_SURROGATE)) return at
    at++
  }
}

/**
 * How many code units the character at `at` takes: 1 or 2, or 0 where XML 1.0 does not allow it
 * (controls, lone surrogates, U+FFFE and U+FFFF, the end of the source).
 */
export function characterWidth(source: string, at: number): 0 | 1 | 2 {
  const code = source.charCodeAt(at)
  if (code < SPACE) return code === TAB || code === LF || code === CR ? 1 : 0
  if (code < FIRST_SURROGATE) return 1
  if (code < 0xdc00) {
    const low = source.charCodeAt(at + 1)
    return low >= 0xdc00 && low <= 0xdfff ? 2 : 0
  }
  return code >= 0xe000 && code <= 0xfffd ? 1 : 0
}

/** The index of the first character in `[from, to)` that XML 1.0 does not allow, or -1. */
export function findIllegalCharacter(source: string, from: number, to: number): number {
  let at = from
  while (at < to) {
    const width = characterWidth(source, at)
    if (width === 0) return at
    at += width
  }
  return -1
}
