import { S3Failure } from '../../failure.ts'
import { parseNumeric } from '../values/numeric.ts'
import { parseTimestamp } from '../values/timestamp.ts'
import type { Value } from '../values/value.ts'

export type Token =
  /** `upper` is what keywords are compared with. */
  | { readonly kind: 'word'; readonly text: string; readonly upper: string }
  | { readonly kind: 'quoted'; readonly text: string }
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'symbol'; readonly text: string }
  | { readonly kind: 'end' }

const blank = /[\s\u00a0\ufeff]*/y
const word = /[\p{L}_][\p{L}\p{M}\p{N}_$]*/uy
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const symbol = /\|\||<>|!=|<=|>=|[-+*/%=<>()[\],.;]/y
const operatorStart = /[!|&^~]/

/** Most tokens of a query: each of them may be evaluated for each record. */
const maxTokens = 16_384

/**
 * Cuts a query into tokens.
 * @throws S3Failure ExpressionTooLong, LexerInvalidChar, LexerInvalidOperator, LexerInvalidLiteral, LexerInvalidIONLiteral
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = matchAt(blank, source, 0).length
  while (at < source.length) {
    const [token, end] = tokenAt(source, at)
    tokens.push(token)
    if (tokens.length > maxTokens) {
      throw new S3Failure('ExpressionTooLong', {
        message: `The query has more than ${maxTokens} words, signs and literals.`,
      })
    }
    at = end + matchAt(blank, source, end).length
  }
  tokens.push({ kind: 'end' })
  return tokens
}

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}

type Found = readonly [token: Token, end: number]

function tokenAt(source: string, at: number): Found {
  const character = source.charAt(at)
  if (character === "'") {
    const [text, end] = quotedAt(source, at, 'LexerInvalidLiteral')
    return [{ kind: 'literal', value: text }, end]
  }
  if (character === '"') {
    const [text, end] = quotedAt(source, at, 'LexerInvalidLiteral')
    return [{ kind: 'quoted', text }, end]
  }
  if (character === '`') return ionLiteralAt(source, at)
  const name = matchAt(word, source, at)
  if (name !== '') {
    return [{ kind: 'word', text: name, upper: name.toUpperCase() }, at + name.length]
  }
  const digits = matchAt(number, source, at)
  if (digits !== '') return numberAt(source, at, digits)
  const sign = matchAt(symbol, source, at)
  if (sign !== '') return [{ kind: 'symbol', text: sign }, at + sign.length]
  const code = operatorStart.test(character) ? 'LexerInvalidOperator' : 'LexerInvalidChar'
  throw new S3Failure(code, { message: `The query holds an illegal character at ${at}.` })
}

/** What stands between two quotes, which are doubled within. */
function quotedAt(
  source: string,
  at: number,
  code: 'LexerInvalidLiteral' | 'LexerInvalidIONLiteral',
): readonly [text: string, end: number] {
  const quote = source.charAt(at)
  let from = at + 1
  let text = ''
  for (;;) {
    const end = source.indexOf(quote, from)
    if (end < 0) throw new S3Failure(code, { message: `What begins at ${at} has no end.` })
    text += source.slice(from, end)
    if (source.charAt(end + 1) !== quote) return [text, end + 1]
    text += quote
    from = end + 2
  }
}

function numberAt(source: string, at: number, digits: string): Found {
  const end = at + digits.length
  const value = parseNumeric(digits)
  // `12abc` is neither a number nor a name.
  if (value === undefined || matchAt(word, source, end) !== '') {
    throw new S3Failure('LexerInvalidLiteral', { message: `The number at ${at} is not valid.` })
  }
  return [{ kind: 'literal', value }, end]
}

/** A literal of Amazon Ion between backticks; of its types, times and numbers are known. */
function ionLiteralAt(source: string, at: number): Found {
  const [text, end] = quotedAt(source, at, 'LexerInvalidIONLiteral')
  const value = parseTimestamp(text) ?? parseNumeric(text)
  if (value === undefined) throw new S3Failure('LexerInvalidIONLiteral')
  return [{ kind: 'literal', value }, end]
}
