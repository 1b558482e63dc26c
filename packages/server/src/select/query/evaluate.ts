import type { PathStep } from '../sql/ast.ts'
import type { Value } from '../values/value.ts'

/** An expression made ready to run: what it is worth for a record. */
export type Evaluate<R> = (record: R) => Value

/** Finds out how a path reads from the records of one format. */
export interface Binder<R> {
  /** @throws S3Failure where the records cannot have that path */
  bind(steps: readonly PathStep[]): Evaluate<R>
}
