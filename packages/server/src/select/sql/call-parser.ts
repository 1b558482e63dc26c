import type { AggregateName, Branch, CastType, Expression, FunctionName } from './ast.ts'
import type { TokenStream } from './token-stream.ts'

const castTypes: ReadonlyMap<string, CastType> = new Map([
  ['INT', 'INT'],
  ['INTEGER', 'INT'],
  ['BIGINT', 'INT'],
  ['SMALLINT', 'INT'],
  ['FLOAT', 'FLOAT'],
  ['DOUBLE', 'FLOAT'],
  ['REAL', 'FLOAT'],
  ['DECIMAL', 'DECIMAL'],
  ['NUMERIC', 'DECIMAL'],
  ['STRING', 'STRING'],
  ['VARCHAR', 'STRING'],
  ['CHAR', 'STRING'],
  ['BOOL', 'BOOL'],
  ['BOOLEAN', 'BOOL'],
  ['TIMESTAMP', 'TIMESTAMP'],
])

const aggregates: ReadonlyMap<string, AggregateName> = new Map([
  ['COUNT', 'COUNT'],
  ['SUM', 'SUM'],
  ['AVG', 'AVG'],
  ['MIN', 'MIN'],
  ['MAX', 'MAX'],
])

interface PlainFunction {
  readonly name: FunctionName
  readonly least: number
  readonly most: number
}

/** Functions whose operands stand between commas. */
const plainFunctions: ReadonlyMap<string, PlainFunction> = new Map([
  ['CHAR_LENGTH', { name: 'CHAR_LENGTH', least: 1, most: 1 }],
  ['CHARACTER_LENGTH', { name: 'CHAR_LENGTH', least: 1, most: 1 }],
  ['COALESCE', { name: 'COALESCE', least: 1, most: Infinity }],
  ['LOWER', { name: 'LOWER', least: 1, most: 1 }],
  ['NULLIF', { name: 'NULLIF', least: 2, most: 2 }],
  ['TO_STRING', { name: 'TO_STRING', least: 2, most: 2 }],
  ['TO_TIMESTAMP', { name: 'TO_TIMESTAMP', least: 1, most: 1 }],
  ['UPPER', { name: 'UPPER', least: 1, most: 1 }],
  ['UTCNOW', { name: 'UTCNOW', least: 0, most: 0 }],
])

const dateParts = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'] as const
const extractParts = [...dateParts, 'TIMEZONE_HOUR', 'TIMEZONE_MINUTE'] as const
const trimSides = ['LEADING', 'TRAILING', 'BOTH'] as const

const missingParenthesis = 'ParseExpectedRightParenBuiltinFunctionCall'

/** Reads what begins with a word and is no path: constants, CASE, CAST, functions, aggregates. */
export class CallParser {
  readonly #tokens: TokenStream
  readonly #parseExpression: () => Expression

  constructor(tokens: TokenStream, parseExpression: () => Expression) {
    this.#tokens = tokens
    this.#parseExpression = parseExpression
  }

  /** @returns undefined where a path stands */
  parse(): Expression | undefined {
    const tokens = this.#tokens
    const constant = tokens.keyword('TRUE', 'FALSE', 'NULL', 'MISSING')
    if (constant !== undefined) return { kind: 'literal', value: constants.get(constant) }
    if (tokens.keyword('CASE') !== undefined) return this.#parseCase()
    if (tokens.keyword('CAST') !== undefined) return this.#parseCast()
    const { following } = tokens
    if (following.kind !== 'symbol' || following.text !== '(' || !tokens.isFreeWord()) {
      return undefined
    }
    return this.#parseCall()
  }

  /** Operands between commas, up to the closing parenthesis. */
  operands(): Expression[] {
    const operands: Expression[] = []
    if (this.#tokens.symbol(')') !== undefined) return operands
    do operands.push(this.#parseExpression())
    while (this.#tokens.symbol(',') !== undefined)
    this.#tokens.expectSymbol(')', missingParenthesis)
    return operands
  }

  #parseCall(): Expression {
    const token = this.#tokens.take()
    const name = token.kind === 'word' ? token.upper : ''
    this.#tokens.take()
    const aggregate = aggregates.get(name)
    if (aggregate !== undefined) return this.#parseAggregate(aggregate)
    const plain = plainFunctions.get(name)
    if (plain !== undefined) return this.#parsePlain(plain)
    switch (name) {
      case 'DATE_ADD':
      case 'DATE_DIFF':
        return this.#parseDateFunction(name)
      case 'EXTRACT':
        return this.#parseExtract()
      case 'SUBSTRING':
        return this.#parseSubstring()
      case 'TRIM':
        return this.#parseTrim()
      default:
        throw this.#tokens.failure('UnsupportedFunction')
    }
  }

  #parseAggregate(name: AggregateName): Expression {
    if (this.#tokens.symbol('*') !== undefined) {
      if (name !== 'COUNT') throw this.#tokens.failure('ParseUnsupportedCallWithStar')
      this.#tokens.expectSymbol(')', missingParenthesis)
      return { kind: 'aggregate', name, operand: undefined }
    }
    const [operand, ...more] = this.operands()
    if (operand === undefined || more.length > 0) {
      throw this.#tokens.failure('ParseNonUnaryAgregateFunctionCall')
    }
    return { kind: 'aggregate', name, operand }
  }

  #parsePlain({ name, least, most }: PlainFunction): Expression {
    const operands = this.operands()
    if (operands.length < least || operands.length > most) {
      throw this.#tokens.failure('EvaluatorInvalidArguments')
    }
    return { kind: 'call', name, operands }
  }

  #parseDatePart(parts: readonly string[]): Expression {
    const part = this.#tokens.keyword(...parts)
    if (part === undefined) throw this.#tokens.failure('ParseExpectedDatePart')
    return { kind: 'literal', value: part }
  }

  #parseDateFunction(name: 'DATE_ADD' | 'DATE_DIFF'): Expression {
    const part = this.#parseDatePart(dateParts)
    this.#tokens.expectSymbol(',', 'ParseExpectedArgumentDelimiter')
    const operands = [part, ...this.operands()]
    if (operands.length !== 3) throw this.#tokens.failure('EvaluatorInvalidArguments')
    return { kind: 'call', name, operands }
  }

  #parseExtract(): Expression {
    const part = this.#parseDatePart(extractParts)
    this.#tokens.expectKeyword('FROM')
    const operand = this.#parseExpression()
    this.#tokens.expectSymbol(')', missingParenthesis)
    return { kind: 'call', name: 'EXTRACT', operands: [part, operand] }
  }

  /** `SUBSTRING(x FROM 2 FOR 3)` or `SUBSTRING(x, 2, 3)`. */
  #parseSubstring(): Expression {
    const operands = [this.#parseExpression()]
    if (this.#tokens.keyword('FROM') === undefined) {
      this.#tokens.expectSymbol(',', 'ParseExpectedArgumentDelimiter')
      operands.push(...this.operands())
    } else {
      operands.push(this.#parseExpression())
      if (this.#tokens.keyword('FOR') !== undefined) operands.push(this.#parseExpression())
      this.#tokens.expectSymbol(')', missingParenthesis)
    }
    if (operands.length < 2 || operands.length > 3) {
      throw this.#tokens.failure('EvaluatorInvalidArguments')
    }
    return { kind: 'call', name: 'SUBSTRING', operands }
  }

  /** `TRIM(x)`, `TRIM(LEADING FROM x)`, `TRIM(BOTH 'ab' FROM x)`, `TRIM('ab' FROM x)`. */
  #parseTrim(): Expression {
    const side = this.#tokens.keyword(...trimSides)
    const hasCharacters = !this.#tokens.isKeyword('FROM')
    const first = hasCharacters ? this.#parseExpression() : undefined
    const hasFrom = this.#tokens.keyword('FROM') !== undefined
    if (!hasFrom && side !== undefined) throw this.#tokens.failure('ParseExpectedKeyword')
    const characters = hasFrom ? first : undefined
    const text = hasFrom ? this.#parseExpression() : first
    this.#tokens.expectSymbol(')', missingParenthesis)
    const operands: Expression[] = [
      { kind: 'literal', value: side ?? 'BOTH' },
      characters ?? { kind: 'literal', value: ' ' },
    ]
    if (text !== undefined) operands.push(text)
    return { kind: 'call', name: 'TRIM', operands }
  }

  #parseCase(): Expression {
    const tokens = this.#tokens
    const operand = tokens.isKeyword('WHEN') ? undefined : this.#parseExpression()
    const branches: Branch[] = []
    while (tokens.keyword('WHEN') !== undefined) {
      const when = this.#parseExpression()
      tokens.expectKeyword('THEN')
      branches.push({ when, result: this.#parseExpression() })
    }
    if (branches.length === 0) throw tokens.failure('ParseExpectedWhenClause')
    const otherwise = tokens.keyword('ELSE') === undefined ? undefined : this.#parseExpression()
    tokens.expectKeyword('END')
    return { kind: 'case', operand, branches, otherwise }
  }

  #parseCast(): Expression {
    const tokens = this.#tokens
    tokens.expectSymbol('(', 'ParseExpectedLeftParenAfterCast')
    const operand = this.#parseExpression()
    tokens.expectKeyword('AS', 'ParseCastArity')
    const token = tokens.current
    const type = token.kind === 'word' ? castTypes.get(token.upper) : undefined
    if (type === undefined) throw tokens.failure('ParseExpectedTypeName')
    tokens.take()
    const parameters = this.#parseTypeParameters()
    tokens.expectSymbol(')', missingParenthesis)
    return { kind: 'cast', operand, type, parameters }
  }

  #parseTypeParameters(): number[] {
    const parameters: number[] = []
    if (this.#tokens.symbol('(') === undefined) return parameters
    do {
      const token = this.#tokens.take()
      const value = token.kind === 'literal' ? token.value : undefined
      if (typeof value !== 'bigint' || value > 65_535n || parameters.length === 2) {
        throw this.#tokens.failure('ParseInvalidTypeParam')
      }
      parameters.push(Number(value))
    } while (this.#tokens.symbol(',') !== undefined)
    this.#tokens.expectSymbol(')', 'ParseInvalidTypeParam')
    return parameters
  }
}

const constants: ReadonlyMap<string, true | false | null | undefined> = new Map([
  ['TRUE', true],
  ['FALSE', false],
  ['NULL', null],
  ['MISSING', undefined],
])
