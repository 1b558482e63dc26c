import { S3Failure } from '../../failure.ts'
import type { Statement } from '../sql/ast.ts'
import type { Value } from '../values/value.ts'
import type { Aggregate } from './aggregate.ts'
import { compileExpression, truthOf, type CompileContext } from './compile-expression.ts'
import type { Binder, Evaluate } from './evaluate.ts'

/** A column of the result. */
export interface Column<R> {
  readonly name: string
  readonly evaluate: Evaluate<R>
}

/** A query made ready for the records of one object. */
export interface CompiledQuery<R> {
  /** Whether the WHERE clause holds for a record. */
  readonly passes: (record: R) => boolean
  /** Undefined for `SELECT *`. */
  readonly columns: readonly Column<R>[] | undefined
  /** Without any, each record gives a record; with some, all records give one. */
  readonly aggregates: readonly Aggregate<R>[]
}

/** A query of so few tokens need not be cut within a record. */
const fewTokens = 32

/** @throws S3Failure */
export function compileQuery<R>(
  statement: Statement,
  surroundings: Pick<CompileContext<R>, 'binder' | 'now' | 'checkpoints'>,
): CompiledQuery<R> {
  const aggregates: Aggregate<R>[] = []
  const { binder, now } = surroundings
  const checkpoints = statement.tokenCount > fewTokens ? surroundings.checkpoints : undefined
  const plain = { binder, now, checkpoints, aggregates: undefined }
  const where =
    statement.where === undefined ? undefined : compileExpression(statement.where, plain)
  const columns = statement.projections?.map(({ expression, name }) => ({
    name,
    evaluate: compileExpression(expression, { ...plain, aggregates }),
  }))
  if (aggregates.length > 0) refuseBarePaths(statement)
  return {
    passes: where === undefined ? () => true : (record) => truthOf(where(record)) === true,
    columns,
    aggregates,
  }
}

/** Beside an aggregate, a column has no value without GROUP BY, which S3 Select does not have. */
function refuseBarePaths(statement: Statement): void {
  const refusing: Binder<Value> = {
    bind: () => {
      throw new S3Failure('UnsupportedSqlStructure', {
        message: 'Beside an aggregate there can be no column: there is no GROUP BY.',
      })
    },
  }
  const tolerant: Binder<Value> = { bind: () => () => null }
  for (const { expression } of statement.projections ?? []) {
    if (expression.kind === 'aggregate') continue
    compileExpression(expression, {
      binder: refusing,
      operandBinder: tolerant,
      now: new Date(0),
      aggregates: [],
    })
  }
}
