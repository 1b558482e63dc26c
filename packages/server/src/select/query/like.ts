import { S3Failure } from '../../failure.ts'

/** Tells whether a text matches; the time is bounded by the length of the text. */
export type LikeMatcher = (text: string) => boolean

/** `_`: any one character. */
const anyOne = Symbol('any one character')
type Element = string | typeof anyOne

/** A stretch of the pattern between two `%`. */
interface Segment {
  readonly elements: readonly Element[]
  /** The stretch as a text, where it has no `_`. */
  readonly literal: string | undefined
}

/**
 * A stretch with `_` is compared at each place of the text, so it must not be long. Stretches
 * without `_` are searched for in linear time.
 */
const maxSearchedElements = 256

/**
 * Prepares a pattern of LIKE. No regular expression is made of it, since that could take
 * exponential time.
 *
 * @param escape one character that takes the meaning from `%`, `_` and itself
 * @throws S3Failure LikeInvalidInputs
 */
export function likeMatcher(pattern: string, escape: string | undefined): LikeMatcher {
  const segments = segmentsOf(pattern, escape)
  const first = segments[0]
  const last = segments.at(-1)
  if (first === undefined || last === undefined) return (text) => text === ''
  if (segments.length === 1) return (text) => matchForward(first, text, 0) === text.length
  const searches = segments.slice(1, -1).map(searchFor)
  return (text) => {
    let at = matchForward(first, text, 0)
    for (const search of searches) {
      if (at < 0) return false
      at = search(text, at)
    }
    return at >= 0 && matchBackward(last, text) >= at
  }
}

function segmentsOf(pattern: string, escape: string | undefined): Segment[] {
  if (escape !== undefined && Array.from(escape).length !== 1)
    throw new S3Failure('LikeInvalidInputs')
  const stretches: Element[][] = [[]]
  let isEscaped = false
  for (const character of pattern) {
    const isSpecial = character === '%' || character === '_' || character === escape
    if (isEscaped && !isSpecial) throw new S3Failure('LikeInvalidInputs')
    if (!isEscaped && character === escape) isEscaped = true
    else {
      if (!isEscaped && character === '%') stretches.push([])
      else stretches.at(-1)?.push(!isEscaped && character === '_' ? anyOne : character)
      isEscaped = false
    }
  }
  if (isEscaped) throw new S3Failure('LikeInvalidInputs')
  return stretches.map((elements) => ({
    elements,
    literal: elements.includes(anyOne) ? undefined : elements.map(String).join(''),
  }))
}

/** @returns where the segment ends that begins at `from`, or -1 where it does not match there */
function matchForward(segment: Segment, text: string, from: number): number {
  if (segment.literal !== undefined) {
    return text.startsWith(segment.literal, from) ? from + segment.literal.length : -1
  }
  let at = from
  for (const element of segment.elements) {
    if (at >= text.length) return -1
    if (element === anyOne) at += widthAt(text, at)
    else if (text.startsWith(element, at)) at += element.length
    else return -1
  }
  return at
}

/** @returns where the segment begins that ends with the text, or -1 where it does not */
function matchBackward(segment: Segment, text: string): number {
  if (segment.literal !== undefined) {
    return text.endsWith(segment.literal) ? text.length - segment.literal.length : -1
  }
  let at = text.length
  for (let index = segment.elements.length - 1; index >= 0; index--) {
    const element = segment.elements[index]
    if (at <= 0 || element === undefined) return -1
    if (element === anyOne) at -= at > 1 && isPairAt(text, at - 2) ? 2 : 1
    else if (text.endsWith(element, at)) at -= element.length
    else return -1
  }
  return at
}

/** Finds where the segment ends that begins first at or behind `from`; -1 where there is none. */
type Search = (text: string, from: number) => number

function searchFor(segment: Segment): Search {
  const { literal, elements } = segment
  if (literal === '') return (_text, from) => from
  if (literal !== undefined) return searchForLiteral(literal)
  if (elements.length > maxSearchedElements) throw new S3Failure('LikeInvalidInputs')
  return (text, from) => {
    for (let at = from; at < text.length; at += widthAt(text, at)) {
      const end = matchForward(segment, text, at)
      if (end >= 0) return end
    }
    return -1
  }
}

/** `indexOf` is fastest, but takes time in proportion to the product of both lengths at worst. */
const maxIndexOfCharacters = 32

function searchForLiteral(literal: string): Search {
  if (literal.length <= maxIndexOfCharacters) {
    return (text, from) => {
      const found = text.indexOf(literal, from)
      return found < 0 ? -1 : found + literal.length
    }
  }
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

/** The table of Knuth, Morris and Pratt: the longest proper prefix that each prefix ends with. */
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

function widthAt(text: string, at: number): 1 | 2 {
  return isPairAt(text, at) ? 2 : 1
}

function isPairAt(text: string, at: number): boolean {
  const high = text.charCodeAt(at)
  if (high < 0xd800 || high > 0xdbff) return false
  const low = text.charCodeAt(at + 1)
  return low >= 0xdc00 && low <= 0xdfff
}
