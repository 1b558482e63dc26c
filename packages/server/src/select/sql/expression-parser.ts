import type { CompareOperator, Expression } from './ast.ts'
import { CallParser } from './call-parser.ts'
import { nameStep, parsePathSteps } from './path-parser.ts'
import type { TokenStream } from './token-stream.ts'

/** How deep an expression may be nested. */
const maxDepth = 64
/** Operators of one precedence nest to the left; more than this of them would exhaust the stack. */
const maxChained = 1000

const compareOperators: ReadonlyMap<string, CompareOperator> = new Map([
  ['=', '='],
  ['!=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
])

/**
 * Reads expressions by precedence: OR, AND, NOT, comparisons, `||`, sums, products, signs, as the
 * SQL reference orders them (operator precedence).
 */
export class ExpressionParser {
  readonly #tokens: TokenStream
  readonly #calls: CallParser
  #depth = 0
  #chained = 0

  constructor(tokens: TokenStream) {
    this.#tokens = tokens
    this.#calls = new CallParser(tokens, () => this.parse())
  }

  /** @throws S3Failure */
  parse(): Expression {
    if (this.#depth === 0) this.#chained = 0
    return this.#nested(() => this.#parseLogical('OR', () => this.#parseAnd()))
  }

  #nested(parse: () => Expression): Expression {
    if (this.#depth >= maxDepth) throw this.#tokens.failure('UnsupportedSqlStructure')
    this.#depth++
    const expression = parse()
    this.#depth--
    return expression
  }

  #chain(): void {
    if (++this.#chained > maxChained) throw this.#tokens.failure('UnsupportedSqlStructure')
  }

  #parseAnd(): Expression {
    return this.#parseLogical('AND', () => this.#parseNot())
  }

  #parseLogical(operator: 'AND' | 'OR', parseOperand: () => Expression): Expression {
    const before = this.#chained
    const first = parseOperand()
    if (!this.#tokens.isKeyword(operator)) return first
    const operands = [first]
    let deepest = this.#chained
    while (this.#tokens.keyword(operator) !== undefined) {
      // Operands stand side by side, so what one of them nests does not add to the next.
      this.#chained = before
      operands.push(parseOperand())
      deepest = Math.max(deepest, this.#chained)
    }
    this.#chained = deepest
    return { kind: 'logical', operator, operands }
  }

  #parseNot(): Expression {
    if (this.#tokens.keyword('NOT') === undefined) return this.#parsePredicate()
    return { kind: 'not', operand: this.#nested(() => this.#parseNot()) }
  }

  #parsePredicate(): Expression {
    let left = this.#parseConcat()
    for (;;) {
      const next = this.#parsePredicateOn(left)
      if (next === undefined) return left
      this.#chain()
      left = next
    }
  }

  #parsePredicateOn(left: Expression): Expression | undefined {
    const tokens = this.#tokens
    const symbol = tokens.symbol(...compareOperators.keys())
    const operator = symbol === undefined ? undefined : compareOperators.get(symbol)
    if (operator !== undefined) {
      return { kind: 'compare', operator, left, right: this.#parseConcat() }
    }
    if (tokens.keyword('IS') !== undefined) return this.#parseIs(left)
    const negated = tokens.isKeyword('NOT') && tokens.keyword('NOT') !== undefined
    const keyword = tokens.keyword('LIKE', 'BETWEEN', 'IN')
    if (keyword === 'LIKE') return this.#parseLike(left, negated)
    if (keyword === 'BETWEEN') return this.#parseBetween(left, negated)
    if (keyword === 'IN') return this.#parseIn(left, negated)
    if (negated) throw tokens.failure('ParseUnexpectedToken')
    return undefined
  }

  #parseIs(operand: Expression): Expression {
    const negated = this.#tokens.keyword('NOT') !== undefined
    const test = this.#tokens.keyword('NULL', 'MISSING')
    if (test === undefined) throw this.#tokens.failure('ParseExpectedKeyword')
    return { kind: 'is', test: test === 'NULL' ? 'NULL' : 'MISSING', negated, operand }
  }

  #parseLike(operand: Expression, negated: boolean): Expression {
    const pattern = this.#parseConcat()
    const hasEscape = this.#tokens.keyword('ESCAPE') !== undefined
    const escape = hasEscape ? this.#parseConcat() : undefined
    return { kind: 'like', negated, operand, pattern, escape }
  }

  #parseBetween(operand: Expression, negated: boolean): Expression {
    const low = this.#parseConcat()
    this.#tokens.expectKeyword('AND')
    return { kind: 'between', negated, operand, low, high: this.#parseConcat() }
  }

  #parseIn(operand: Expression, negated: boolean): Expression {
    if (this.#tokens.symbol('(') === undefined) {
      return { kind: 'in', negated, operand, choices: this.#parseConcat() }
    }
    return { kind: 'in', negated, operand, choices: this.#calls.operands() }
  }

  #parseConcat(): Expression {
    const first = this.#parseSum()
    if (!this.#tokens.isSymbol('||')) return first
    const operands = [first]
    while (this.#tokens.symbol('||') !== undefined) operands.push(this.#parseSum())
    return { kind: 'concat', operands }
  }

  #parseSum(): Expression {
    let left = this.#parseProduct()
    for (;;) {
      const operator = this.#tokens.symbol('+', '-')
      if (operator !== '+' && operator !== '-') return left
      this.#chain()
      left = { kind: 'arithmetic', operator, left, right: this.#parseProduct() }
    }
  }

  #parseProduct(): Expression {
    let left = this.#parseSigned()
    for (;;) {
      const operator = this.#tokens.symbol('*', '/', '%')
      if (operator !== '*' && operator !== '/' && operator !== '%') return left
      this.#chain()
      left = { kind: 'arithmetic', operator, left, right: this.#parseSigned() }
    }
  }

  #parseSigned(): Expression {
    const sign = this.#tokens.symbol('+', '-')
    if (sign === undefined) return this.#parsePrimary()
    const operand = this.#nested(() => this.#parseSigned())
    return sign === '+' ? operand : { kind: 'negate', operand }
  }

  #parsePrimary(): Expression {
    const tokens = this.#tokens
    const token = tokens.current
    if (token.kind === 'literal') {
      tokens.take()
      return { kind: 'literal', value: token.value }
    }
    if (tokens.symbol('(') !== undefined) {
      const inner = this.parse()
      tokens.expectSymbol(')', 'ParseExpectedTokenType')
      return inner
    }
    if (token.kind === 'quoted') return this.#parsePath(token.text, true)
    if (token.kind !== 'word') throw this.#misplaced()
    const call = this.#calls.parse()
    if (call !== undefined) return call
    if (!tokens.isFreeWord()) throw this.#misplaced()
    return this.#parsePath(token.text, false)
  }

  #misplaced(): Error {
    const { kind } = this.#tokens.current
    if (kind === 'end') return this.#tokens.failure('ParseExpectedExpression')
    return this.#tokens.failure(kind === 'word' ? 'ParseUnexpectedKeyword' : 'ParseUnexpectedToken')
  }

  #parsePath(name: string, exact: boolean): Expression {
    this.#tokens.take()
    const rest = parsePathSteps(this.#tokens)
    return { kind: 'path', steps: [nameStep(name, exact), ...rest] }
  }
}
