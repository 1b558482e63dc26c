import type { ErrorCode } from '@stowage/protocol'

import { S3Failure } from '../../failure.ts'
import { textOf } from '../values/text.ts'
import type { Token } from './lexer.ts'

/** Words that are no names unless they are quoted or stand behind a point. */
const reserved: ReadonlySet<string> = new Set(
  (
    'ALL AND AS BETWEEN BY CASE CAST CROSS DISTINCT ELSE END ESCAPE EXCEPT FALSE FROM FULL GROUP ' +
    'HAVING IN INNER INTERSECT IS JOIN LEFT LIKE LIMIT MISSING NOT NULL ON OR ORDER OUTER RIGHT ' +
    'SELECT THEN TRUE UNION WHEN WHERE'
  ).split(' '),
)

/** What the rest of a query holds, read token by token. */
export class TokenStream {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get current(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end' }
  }

  get following(): Token {
    return this.#tokens[this.#at + 1] ?? { kind: 'end' }
  }

  take(): Token {
    const token = this.current
    this.#at++
    return token
  }

  isSymbol(...symbols: readonly string[]): boolean {
    const token = this.current
    return token.kind === 'symbol' && symbols.includes(token.text)
  }

  isKeyword(...keywords: readonly string[]): boolean {
    const token = this.current
    return token.kind === 'word' && keywords.includes(token.upper)
  }

  /** Whether a name can stand here that is not quoted, and is no keyword. */
  isFreeWord(): boolean {
    const token = this.current
    return token.kind === 'word' && !reserved.has(token.upper)
  }

  /** Takes one of the symbols, if it is there. */
  symbol(...symbols: readonly string[]): string | undefined {
    const token = this.current
    if (token.kind !== 'symbol' || !symbols.includes(token.text)) return undefined
    this.#at++
    return token.text
  }

  /** Takes one of the keywords, if it is there, and tells which. */
  keyword(...keywords: readonly string[]): string | undefined {
    const token = this.current
    if (token.kind !== 'word' || !keywords.includes(token.upper)) return undefined
    this.#at++
    return token.upper
  }

  /** @throws S3Failure with that code when the symbol is not there */
  expectSymbol(symbol: string, code: ErrorCode): void {
    if (this.symbol(symbol) === undefined) throw this.failure(code)
  }

  /** @throws S3Failure with that code when the keyword is not there */
  expectKeyword(keyword: string, code: ErrorCode = 'ParseExpectedKeyword'): void {
    if (this.keyword(keyword) === undefined) throw this.failure(code)
  }

  /** What to throw: it names the token that stands in the way. */
  failure(code: ErrorCode): S3Failure {
    const message = `The query cannot be read at ${describeToken(this.current)}.`
    return new S3Failure(code, { message })
  }
}

function describeToken(token: Token): string {
  if (token.kind === 'end') return 'its end'
  if (token.kind === 'literal') return `the literal ${textOf(token.value).slice(0, 40)}`
  return token.text.slice(0, 40)
}
