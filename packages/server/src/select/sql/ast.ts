import type { ArithmeticOperator } from '../values/numeric.ts'
import type { Value } from '../values/value.ts'

export type CompareOperator = '=' | '!=' | '<' | '<=' | '>' | '>='

/** One step of a path: `.name`, `."Name"` (exact in case), `[2]`, or `[*]` and `.*`. */
export type PathStep =
  | {
      readonly kind: 'name'
      readonly name: string
      /** The name in lower case, for comparing without case. */
      readonly lower: string
      readonly exact: boolean
    }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'wildcard'; readonly of: 'list' | 'struct' }

export type CastType = 'INT' | 'FLOAT' | 'DECIMAL' | 'STRING' | 'BOOL' | 'TIMESTAMP'

export type AggregateName = 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX'

export type FunctionName =
  | 'CHAR_LENGTH'
  | 'COALESCE'
  | 'DATE_ADD'
  | 'DATE_DIFF'
  | 'EXTRACT'
  | 'LOWER'
  | 'NULLIF'
  | 'SUBSTRING'
  | 'TO_STRING'
  | 'TO_TIMESTAMP'
  | 'TRIM'
  | 'UPPER'
  | 'UTCNOW'

export interface Branch {
  readonly when: Expression
  readonly result: Expression
}

export type Expression =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'path'; readonly steps: readonly PathStep[] }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'logical'
      readonly operator: 'AND' | 'OR'
      readonly operands: readonly Expression[]
    }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'concat'; readonly operands: readonly Expression[] }
  | {
      readonly kind: 'compare'
      readonly operator: CompareOperator
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly kind: 'is'
      readonly test: 'NULL' | 'MISSING'
      readonly negated: boolean
      readonly operand: Expression
    }
  | {
      readonly kind: 'like'
      readonly negated: boolean
      readonly operand: Expression
      readonly pattern: Expression
      readonly escape: Expression | undefined
    }
  | {
      readonly kind: 'between'
      readonly negated: boolean
      readonly operand: Expression
      readonly low: Expression
      readonly high: Expression
    }
  | {
      readonly kind: 'in'
      readonly negated: boolean
      readonly operand: Expression
      /** Several, or one that gives a list. */
      readonly choices: readonly Expression[] | Expression
    }
  | {
      readonly kind: 'case'
      /** What the branches are compared with; without it they are conditions. */
      readonly operand: Expression | undefined
      readonly branches: readonly Branch[]
      readonly otherwise: Expression | undefined
    }
  | {
      readonly kind: 'cast'
      readonly operand: Expression
      readonly type: CastType
      /** `DECIMAL(10, 2)`, `VARCHAR(5)`. */
      readonly parameters: readonly number[]
    }
  | {
      readonly kind: 'call'
      readonly name: FunctionName
      readonly operands: readonly Expression[]
    }
  | {
      readonly kind: 'aggregate'
      readonly name: AggregateName
      /** Undefined for `COUNT(*)`. */
      readonly operand: Expression | undefined
    }

export interface Projection {
  readonly expression: Expression
  /** Name in the result: the alias, the last name of a path, or `_1`, `_2` by place. */
  readonly name: string
}

export interface Statement {
  /** Undefined for `SELECT *`. */
  readonly projections: readonly Projection[] | undefined
  /** What follows `S3Object[*]`. */
  readonly from: readonly PathStep[]
  /** By which name expressions can call the record. */
  readonly rowName: string
  /** Whether the name was given; otherwise `_1` is one more. */
  readonly hasAlias: boolean
  readonly where: Expression | undefined
  readonly limit: number | undefined
  /** How long the query is, in tokens. */
  readonly tokenCount: number
}
