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

/** Longest segment between two `%` that holds `_`, in characters: searching keeps a table of it. */
const maxSearchedCharacters = 256

/**
 * Prepares a pattern of LIKE.
 *
 * @param escape one character that takes the meaning from `%`, `_` and itself
 * @throws S3Failure LikeInvalidInputs
 */
export function likeMatcher(pattern: string, escape: string | undefined): TextMatcher {
  const segments = segmentsOf(partsOf(pattern, escapeCode(escape)))
  const isTooLong = segments.slice(1, -1).some((segment) => isSearchedLong(segment))
  if (isTooLong) throw new S3Failure('LikeInvalidInputs')
  return patternMatcher(segments)
}

function isSearchedLong(segment: Segment): boolean {
  if (!segment.includes(anyOne)) return false
  let characters = 0
  for (const part of segment) characters += part === anyOne ? 1 : part.length
  return characters > maxSearchedCharacters
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
