/** Any one character: `_` in LIKE, `?` in policies. */
export const anyOne: unique symbol = Symbol('any one character')
/** Any text, also none: `%` in LIKE, `*` in policies. */
export const anyRun: unique symbol = Symbol('any text')

/** A part of a pattern: a text that is meant as it stands, or a wildcard. */
export type PatternPart = string | typeof anyOne | typeof anyRun

/** Returns whether the whole text matches. */
export type TextMatcher = (text: string) => boolean

/** What stands between two {@link anyRun}. */
export type Segment = readonly SegmentPart[]
type SegmentPart = Exclude<PatternPart, typeof anyRun>

/**
 * Prepares a pattern. Matching takes time linear in the text, whatever the pattern is; a segment
 * with {@link anyOne} adds a 32nd of its length as a factor. No regular expression is made of it:
 * that could take exponential time.
 */
export function patternMatcher(segments: readonly Segment[]): TextMatcher {
  const [first = [], ...others] = segments
  const last = others.pop()
  if (last === undefined) return (text) => matchForward(first, text) === text.length
  const searches = others.filter((segment) => segment.length > 0).map(searchFor)
  return (text) => {
    let at = matchForward(first, text)
    for (const search of searches) {
      if (at < 0) return false
      at = search(text, at)
    }
    return at >= 0 && matchBackward(last, text) >= at
  }
}

/** The segments of a pattern, at least one; neighbouring texts become one. */
export function segmentsOf(parts: readonly PatternPart[]): readonly Segment[] {
  let segment: SegmentPart[] = []
  const segments = [segment]
  let texts: string[] = []
  const endText = (): void => {
    if (texts.length > 0) segment.push(texts.join(''))
    texts = []
  }
  for (const part of parts) {
    if (typeof part === 'string') {
      texts.push(part)
      continue
    }
    endText()
    if (part === anyOne) segment.push(anyOne)
    else segments.push((segment = []))
  }
  endText()
  return segments
}

/** @returns where the segment ends that begins with the text; -1 where none does */
function matchForward(segment: Segment, text: string): number {
  let at = 0
  for (const part of segment) {
    if (part === anyOne) {
      if (at >= text.length) return -1
      at += isPairAt(text, at) ? 2 : 1
    } else if (text.startsWith(part, at)) at += part.length
    else return -1
  }
  return at
}

/** @returns where the segment begins that ends with the text; -1 where none does */
function matchBackward(segment: Segment, text: string): number {
  let at = text.length
  for (let index = segment.length - 1; index >= 0; index--) {
    const part = segment[index] ?? ''
    if (part === anyOne) {
      if (at <= 0) return -1
      at -= at > 1 && isPairAt(text, at - 2) ? 2 : 1
    } else if (text.endsWith(part, at)) at -= part.length
    else return -1
  }
  return at
}

function isPairAt(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff
}

/** Finds where the segment ends that begins first at or after `from`; -1 where there is none. */
type Search = (text: string, from: number) => number

/** `indexOf` is fastest, but takes time in proportion to the product of both lengths at worst. */
const maxIndexOfCharacters = 32

function searchFor(segment: Segment): Search {
  const [literal] = segment
  if (segment.length > 1 || typeof literal !== 'string') return searchWithGaps(segment)
  if (literal.length > maxIndexOfCharacters) return searchForLong(literal)
  return (text, from) => {
    const found = text.indexOf(literal, from)
    return found < 0 ? -1 : found + literal.length
  }
}

/** The search of Knuth, Morris and Pratt. */
function searchForLong(literal: string): Search {
  const borders = bordersOf(literal)
  return (text, from) => {
    let matched = 0
    for (let at = from; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      while (matched > 0 && literal.charCodeAt(matched) !== unit)
        matched = borders[matched - 1] ?? 0
      if (literal.charCodeAt(matched) === unit) matched++
      if (matched === literal.length) return at + 1
    }
    return -1
  }
}

/** The longest proper prefix that each prefix ends with. */
function bordersOf(literal: string): Uint32Array {
  const borders = new Uint32Array(literal.length)
  let matched = 0
  for (let at = 1; at < literal.length; at++) {
    const unit = literal.charCodeAt(at)
    while (matched > 0 && literal.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0
    if (literal.charCodeAt(matched) === unit) matched++
    borders[at] = matched
  }
  return borders
}

/**
 * The search of Baeza-Yates and Gonnet (Shift-And): a bit for each character of the segment says
 * whether what was read last matches up to there, and one operation moves 32 of them.
 */
function searchWithGaps(segment: Segment): Search {
  const table = new PlaceTable(segment)
  const { wordCount, lastBit } = table
  const state = new Int32Array(wordCount)
  return (text, from) => {
    state.fill(0)
    for (let at = from; at < text.length;) {
      const code = text.codePointAt(at) ?? 0
      at += code > 0xffff ? 2 : 1
      const row = table.rowOf(code)
      let carry = 1
      for (let word = 0; word < wordCount; word++) {
        const bits = state[word] ?? 0
        state[word] = ((bits << 1) | carry) & (table.words[row + word] ?? 0)
        carry = bits >>> 31
      }
      if (((state[wordCount - 1] ?? 0) & lastBit) !== 0) return at
    }
    return -1
  }
}

/** Tells at which places of a segment a character may stand, as a row of bits. */
class PlaceTable {
  readonly wordCount: number
  /** Of the last word: the bit of the last place. */
  readonly lastBit: number
  /** Row by row; the first is for characters that stand at the gaps alone. */
  readonly words: Int32Array
  readonly #rows = new Map<number, number>()
  readonly #asciiRows = new Uint32Array(128)

  constructor(segment: Segment) {
    const codes = segment.flatMap((part) => (part === anyOne ? [-1] : codePoints(part)))
    this.wordCount = Math.ceil(codes.length / 32)
    this.lastBit = 1 << ((codes.length - 1) % 32)
    const distinct = new Set(codes)
    distinct.delete(-1)
    this.words = new Int32Array((distinct.size + 1) * this.wordCount)
    for (const code of distinct) this.#addRow(code)
    for (const [place, code] of codes.entries()) this.#mark(place, code)
  }

  #addRow(code: number): void {
    const row = (this.#rows.size + 1) * this.wordCount
    this.#rows.set(code, row)
    if (code < 128) this.#asciiRows[code] = row
  }

  #mark(place: number, code: number): void {
    const rows = code === -1 ? [0, ...this.#rows.values()] : [this.rowOf(code)]
    for (const row of rows) {
      const at = row + (place >>> 5)
      this.words[at] = (this.words[at] ?? 0) | (1 << (place % 32))
    }
  }

  rowOf(code: number): number {
    return (code < 128 ? this.#asciiRows[code] : this.#rows.get(code)) ?? 0
  }
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
}
