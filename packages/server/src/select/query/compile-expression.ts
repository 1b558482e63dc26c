import { S3Failure } from '../../failure.ts'
import type { Branch, Expression } from '../sql/ast.ts'
import { cast } from '../values/cast.ts'
import { calculate, negate, type ArithmeticOperator, type Numeric } from '../values/numeric.ts'
import { maxRecordBytes, textOf } from '../values/text.ts'
import { isAbsent, toBoolean, toNumeric, type Value } from '../values/value.ts'
import { Aggregate } from './aggregate.ts'
import type { Checkpoints } from './checkpoints.ts'
import {
  choicesIn,
  compare,
  compileComparison,
  isAmong,
  isBetween,
  negated,
} from './comparisons.ts'
import type { Binder, Evaluate } from './evaluate.ts'
import { scalarFunction } from './functions.ts'
import type { TextMatcher } from '../../wildcards.ts'
import { likeMatcher } from './like.ts'

/** What surrounds the expressions of one query. */
export interface CompileContext<R> {
  readonly binder: Binder<R>
  readonly now: Date
  /** What binds paths within aggregates, where that is another one. */
  readonly operandBinder?: Binder<R> | undefined
  /** Where the evaluation of one record may be cut; undefined for queries of a few terms. */
  readonly checkpoints?: Checkpoints | undefined
  /** Where aggregates go; undefined where none may stand. */
  readonly aggregates: Aggregate<R>[] | undefined
}

type Kind<K extends Expression['kind']> = Extract<Expression, { readonly kind: K }>
type Compile<R> = (expression: Expression) => Evaluate<R>
type Compiler<E> = <R>(
  expression: E,
  compile: Compile<R>,
  context: CompileContext<R>,
) => Evaluate<R>

/**
 * Turns an expression into functions, once for a query.
 * @throws S3Failure
 */
export function compileExpression<R>(
  expression: Expression,
  context: CompileContext<R>,
): Evaluate<R> {
  // The table pairs each kind with its compiler, which the type of a lookup cannot say.
  const compiler = compilers[expression.kind] as Compiler<Expression>
  const evaluate = compiler(expression, (part) => compileExpression(part, context), context)
  const { checkpoints } = context
  const isCheap = expression.kind === 'literal' || expression.kind === 'path'
  return checkpoints === undefined || isCheap ? evaluate : checkpoints.guard(evaluate)
}

const compilers: { readonly [K in Expression['kind']]: Compiler<Kind<K>> } = {
  literal: ({ value }) => constant(value),
  path: ({ steps }, _compile, { binder }) => binder.bind(steps),
  negate: ({ operand }, compile) => compileNegate(compile(operand)),
  not: ({ operand }, compile) => compileNot(compile(operand)),
  logical: ({ operator, operands }, compile) => compileLogical(operator, operands.map(compile)),
  arithmetic: ({ operator, left, right }, compile) =>
    compileArithmetic(operator, compile(left), compile(right)),
  concat: ({ operands }, compile) => compileConcat(operands.map(compile)),
  compare: ({ operator, left, right }, compile) =>
    compileComparison(operator, compile(left), right, compile(right)),
  is: ({ test, negated: isNegated, operand }, compile) =>
    compileIs(test, isNegated, compile(operand)),
  cast: ({ operand, type, parameters }, compile) => {
    const evaluate = compile(operand)
    return (record) => cast(evaluate(record), type, parameters)
  },
  call: ({ name, operands }, compile, { now }) =>
    compileCall(scalarFunction(name, now), operands.map(compile)),
  case: compileCase,
  aggregate: (expression, _compile, context) => compileAggregate(expression, context),
  like: (expression, compile) => orNegated(expression, compileLike(expression, compile)),
  between: (expression, compile) => orNegated(expression, compileBetween(expression, compile)),
  in: (expression, compile) => orNegated(expression, compileIn(expression, compile)),
}

/** A predicate with a NOT before it, or without. */
function orNegated<R>(
  expression: { readonly negated: boolean },
  predicate: Evaluate<R>,
): Evaluate<R> {
  return expression.negated ? (record) => negated(predicate(record)) : predicate
}

function compileNot<R>(operand: Evaluate<R>): Evaluate<R> {
  return (record) => negated(truthOf(operand(record)))
}

function constant<R>(value: Value): Evaluate<R> {
  return () => value
}

function compileBetween<R>(expression: Kind<'between'>, compile: Compile<R>): Evaluate<R> {
  const operand = compile(expression.operand)
  const low = compile(expression.low)
  const high = compile(expression.high)
  return (record) => isBetween(operand(record), low(record), high(record))
}

function compileIn<R>(expression: Kind<'in'>, compile: Compile<R>): Evaluate<R> {
  const { choices } = expression
  const operand = compile(expression.operand)
  if ('kind' in choices) {
    const list = compile(choices)
    return (record) => isAmong(operand(record), choicesIn(list(record)))
  }
  const evaluated = choices.map(compile)
  return (record) => {
    const value = operand(record)
    return isAmong(
      value,
      evaluated.map((choice) => choice(record)),
    )
  }
}

/** @throws S3Failure InvalidDataType for what is neither true nor false nor unknown */
export function truthOf(value: Value): boolean | null {
  if (typeof value === 'boolean') return value
  if (isAbsent(value)) return null
  const truth = toBoolean(value)
  if (truth === undefined) {
    throw new S3Failure('InvalidDataType', { message: 'A condition is neither true nor false.' })
  }
  return truth
}

function compileLogical<R>(operator: 'AND' | 'OR', operands: readonly Evaluate<R>[]): Evaluate<R> {
  const decisive = operator === 'OR'
  return (record) => {
    let isUnknown = false
    for (const operand of operands) {
      const truth = truthOf(operand(record))
      if (truth === decisive) return decisive
      if (truth === null) isUnknown = true
    }
    return isUnknown ? null : !decisive
  }
}

/** @throws S3Failure CastFailed */
function operandOf(value: Value): Numeric {
  const number = toNumeric(value)
  if (number === undefined) {
    throw new S3Failure('CastFailed', { message: 'Arithmetic met a value that is no number.' })
  }
  return number
}

function compileNegate<R>(operand: Evaluate<R>): Evaluate<R> {
  return (record) => {
    const value = operand(record)
    return isAbsent(value) ? null : negate(operandOf(value))
  }
}

function compileArithmetic<R>(
  operator: ArithmeticOperator,
  left: Evaluate<R>,
  right: Evaluate<R>,
): Evaluate<R> {
  return (record) => {
    const first = left(record)
    const second = right(record)
    if (isAbsent(first) || isAbsent(second)) return null
    return calculate(operator, operandOf(first), operandOf(second))
  }
}

function compileConcat<R>(operands: readonly Evaluate<R>[]): Evaluate<R> {
  return (record) => {
    let text = ''
    for (const operand of operands) {
      const value = operand(record)
      if (isAbsent(value)) return null
      text += textOf(value)
      if (text.length > maxRecordBytes) throw new S3Failure('OverMaxRecordSize')
    }
    return text
  }
}

function compileIs<R>(
  test: 'NULL' | 'MISSING',
  isNegated: boolean,
  operand: Evaluate<R>,
): Evaluate<R> {
  // MISSING IS NULL holds, as in PartiQL.
  if (test === 'NULL') return (record) => isAbsent(operand(record)) !== isNegated
  return (record) => (operand(record) === undefined) !== isNegated
}

function compileCall<R>(
  run: (operands: readonly Value[]) => Value,
  operands: readonly Evaluate<R>[],
): Evaluate<R> {
  return (record) => run(operands.map((operand) => operand(record)))
}

function compileCase<R>(expression: Kind<'case'>, compile: Compile<R>): Evaluate<R> {
  const compareWith = expression.operand === undefined ? undefined : compile(expression.operand)
  const branches = expression.branches.map(({ when, result }: Branch) => ({
    when: compile(when),
    result: compile(result),
  }))
  const otherwise =
    expression.otherwise === undefined ? constant<R>(null) : compile(expression.otherwise)
  return (record) => {
    const subject = compareWith?.(record)
    const taken = branches.find(({ when }) => {
      const value = when(record)
      return compareWith === undefined
        ? truthOf(value) === true
        : compare('=', subject, value) === true
    })
    return (taken?.result ?? otherwise)(record)
  }
}

function compileLike<R>(expression: Kind<'like'>, compile: Compile<R>): Evaluate<R> {
  const operand = compile(expression.operand)
  const pattern = compile(expression.pattern)
  const escape = expression.escape === undefined ? undefined : compile(expression.escape)
  const matcherFor = cachedMatcher()
  return (record) => {
    const text = operand(record)
    const wanted = pattern(record)
    const escapeText = escape?.(record)
    if (isAbsent(text) || isAbsent(wanted) || escapeText === null) return null
    return matcherFor(
      likeText(wanted),
      escapeText === undefined ? escapeText : likeText(escapeText),
    )(likeText(text))
  }
}

function likeText(value: Value): string {
  if (typeof value !== 'string') throw new S3Failure('LikeInvalidInputs')
  return value
}

/** The pattern hardly ever changes from record to record. */
function cachedMatcher(): (pattern: string, escape: string | undefined) => TextMatcher {
  let known: { pattern: string; escape: string | undefined; matcher: TextMatcher } | undefined
  return (pattern, escape) => {
    if (known?.pattern !== pattern || known.escape !== escape) {
      known = { pattern, escape, matcher: likeMatcher(pattern, escape) }
    }
    return known.matcher
  }
}

function compileAggregate<R>(
  { name, operand }: Kind<'aggregate'>,
  context: CompileContext<R>,
): Evaluate<R> {
  if (context.aggregates === undefined) {
    throw new S3Failure('UnsupportedSqlStructure', { message: 'An aggregate cannot stand here.' })
  }
  const binder = context.operandBinder ?? context.binder
  const evaluate =
    operand === undefined
      ? undefined
      : compileExpression(operand, { ...context, binder, aggregates: undefined })
  const aggregate = new Aggregate(name, evaluate)
  context.aggregates.push(aggregate)
  return () => aggregate.result
}
