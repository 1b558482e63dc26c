import { Buffer } from 'node:buffer'

import { S3Failure } from '../../failure.ts'
import type { Expression, PathStep, Projection, Statement } from './ast.ts'
import { ExpressionParser } from './expression-parser.ts'
import { tokenize } from './lexer.ts'
import { parsePathSteps } from './path-parser.ts'
import { TokenStream } from './token-stream.ts'

/** Longest query that S3 Select takes: 256 KiB (user guide, requirements and limits). */
export const maxExpressionBytes: number = 256 * 1024

/** What other SQL has behind FROM and S3 Select has not. */
const missingClauses = [
  'CROSS',
  'EXCEPT',
  'FULL',
  'GROUP',
  'HAVING',
  'INNER',
  'INTERSECT',
  'JOIN',
  'LEFT',
  'ON',
  'ORDER',
  'OUTER',
  'RIGHT',
  'UNION',
] as const

/**
 * Reads a query: `SELECT … FROM S3Object… [WHERE …] [LIMIT …]`.
 * @throws S3Failure with one of the codes of S3 Select
 */
export function parseStatement(source: string): Statement {
  if (Buffer.byteLength(source) > maxExpressionBytes) throw new S3Failure('ExpressionTooLong')
  const all = tokenize(source)
  const tokens = new TokenStream(all)
  const expressions = new ExpressionParser(tokens)
  tokens.expectKeyword('SELECT')
  if (tokens.isKeyword('DISTINCT', 'ALL')) throw tokens.failure('UnsupportedSqlStructure')
  const projections = parseSelectList(tokens, expressions)
  tokens.expectKeyword('FROM', 'ParseSelectMissingFrom')
  const from = parseFrom(tokens)
  refuseMissingClauses(tokens)
  const where = tokens.keyword('WHERE') === undefined ? undefined : expressions.parse()
  refuseMissingClauses(tokens)
  const limit = parseLimit(tokens)
  tokens.symbol(';')
  if (tokens.current.kind !== 'end') throw tokens.failure('ParseUnexpectedToken')
  const starred = projections?.some((projection) => isRowStar(projection.expression, from)) === true
  if (starred && projections.length > 1) {
    throw new S3Failure('ParseAsteriskIsNotAloneInSelectList')
  }
  const tokenCount = all.length
  return { projections: starred ? undefined : projections, ...from, where, limit, tokenCount }
}

function refuseMissingClauses(tokens: TokenStream): void {
  if (tokens.isKeyword(...missingClauses) || tokens.isSymbol(',')) {
    throw tokens.failure('UnsupportedSqlStructure')
  }
}

function parseSelectList(
  tokens: TokenStream,
  expressions: ExpressionParser,
): Projection[] | undefined {
  if (tokens.isKeyword('FROM') || tokens.current.kind === 'end') {
    throw tokens.failure('ParseEmptySelect')
  }
  if (tokens.symbol('*') !== undefined) {
    if (tokens.isSymbol(',')) throw tokens.failure('ParseAsteriskIsNotAloneInSelectList')
    return undefined
  }
  const projections: Projection[] = []
  do {
    if (tokens.isSymbol('*')) throw tokens.failure('ParseAsteriskIsNotAloneInSelectList')
    const expression = expressions.parse()
    const alias = parseAlias(tokens)
    projections.push({ expression, name: alias ?? nameOf(expression, projections.length + 1) })
  } while (tokens.symbol(',') !== undefined)
  return projections
}

/** As S3 and MinIO name columns: by the last name of a path, all else by its place. */
function nameOf(expression: Expression, place: number): string {
  const last = expression.kind === 'path' ? expression.steps.at(-1) : undefined
  return last?.kind === 'name' ? last.name : `_${place}`
}

/** `AS name`, or just the name. */
function parseAlias(tokens: TokenStream): string | undefined {
  const isAnnounced = tokens.keyword('AS') !== undefined
  const token = tokens.current
  if (token.kind === 'quoted' || (token.kind === 'word' && tokens.isFreeWord())) {
    tokens.take()
    return token.text
  }
  // Some clients write the alias like a text, which MinIO takes as well.
  if (isAnnounced && token.kind === 'literal' && typeof token.value === 'string') {
    tokens.take()
    return token.value
  }
  if (isAnnounced) throw tokens.failure('ParseExpectedIdentForAlias')
  return undefined
}

type From = Pick<Statement, 'from' | 'rowName' | 'hasAlias'>

function parseFrom(tokens: TokenStream): From {
  const token = tokens.take()
  const name = token.kind === 'word' || token.kind === 'quoted' ? token.text : undefined
  if (name?.toLowerCase() !== 's3object') {
    throw new S3Failure('InvalidDataSource', { message: 'The table must be S3Object.' })
  }
  const [first, ...from] = parsePathSteps(tokens)
  if (first !== undefined && (first.kind !== 'wildcard' || first.of !== 'list')) {
    throw new S3Failure('InvalidDataSource', { message: 'A path must begin with S3Object[*].' })
  }
  const alias = parseAlias(tokens)
  return { from, rowName: alias ?? defaultRowName(from), hasAlias: alias !== undefined }
}

function defaultRowName(from: readonly PathStep[]): string {
  const last = from.at(-1)
  if (last === undefined) return 'S3Object'
  return last.kind === 'name' ? last.name : '_1'
}

function parseLimit(tokens: TokenStream): number | undefined {
  if (tokens.keyword('LIMIT') === undefined) return undefined
  const token = tokens.current
  if (token.kind !== 'literal' || typeof token.value !== 'bigint') {
    throw tokens.failure('ParseExpectedNumber')
  }
  tokens.take()
  return Number(token.value)
}

/** `SELECT s.*`, which means the same as `SELECT *`. */
function isRowStar(expression: Expression, from: From): boolean {
  if (expression.kind !== 'path' || expression.steps.length !== 2) return false
  const [first, second] = expression.steps
  const names = first?.kind === 'name' ? first.lower : undefined
  return (
    second?.kind === 'wildcard' && second.of === 'struct' && names === from.rowName.toLowerCase()
  )
}
