import { S3Failure } from '../../failure.ts'
import {
  anyOne,
  anyRun,
  patternMatcher,
  segmentsOf,
  type PatternPart,
  type Segment,
  type TextMatcher,
} from '../../wildcards.ts'

/** Searching keeps a table of each segment between two `%` that holds `_`: so many characters at most. */
const maxSearchedCharacters = 256
/** And so many in all of them together. */
const maxSearchedInAll = 4096

/**
 * Prepares a pattern of LIKE.
 *
 * @param escape one character that takes the meaning from `%`, `_` and itself
 * @throws S3Failure LikeInvalidInputs
 */
export function likeMatcher(pattern: string, escape: string | undefined): TextMatcher {
  const segments = segmentsOf(partsOf(pattern, escapeCode(escape)))
  let all = 0
  for (const segment of segments.slice(1, -1)) {
    const characters = searchedCharacters(segment)
    all += characters
    if (characters > maxSearchedCharacters || all > maxSearchedInAll) {
      throw new S3Failure('LikeInvalidInputs')
    }
  }
  return patternMatcher(segments)
}

function searchedCharacters(segment: Segment): number {
  if (!segment.includes(anyOne)) return 0
  return segment.reduce((sum, part) => sum + (part === anyOne ? 1 : part.length), 0)
}

function escapeCode(escape: string | undefined): number | undefined {
  if (escape === undefined) return undefined
  const code = escape.codePointAt(0)
  if (code === undefined || escape.length !== widthOf(code))
    throw new S3Failure('LikeInvalidInputs')
  return code
}

function widthOf(code: number): 1 | 2 {
  return code > 0xffff ? 2 : 1
}

const wildcards: ReadonlyMap<number, typeof anyOne | typeof anyRun> = new Map<
  number,
  typeof anyOne | typeof anyRun
>([
  ['_'.charCodeAt(0), anyOne],
  ['%'.charCodeAt(0), anyRun],
])

function partsOf(pattern: string, escape: number | undefined): readonly PatternPart[] {
  const parts: PatternPart[] = []
  let textFrom = 0
  const endText = (at: number, next: number): void => {
    if (at > textFrom) parts.push(pattern.slice(textFrom, at))
    textFrom = next
  }
  for (let at = 0; at < pattern.length;) {
    const code = pattern.codePointAt(at) ?? 0
    const next = at + widthOf(code)
    const wildcard = wildcards.get(code)
    if (code === escape) {
      const meant = pattern.codePointAt(next)
      const isSpecial = meant === escape || (meant !== undefined && wildcards.has(meant))
      if (meant === undefined || !isSpecial) throw new S3Failure('LikeInvalidInputs')
      endText(at, next)
      at = next + widthOf(meant)
    } else {
      if (wildcard !== undefined) {
        endText(at, next)
        parts.push(wildcard)
      }
      at = next
    }
  }
  endText(pattern.length, pattern.length)
  return parts
}
