import type { Template } from './template.ts'

export type Effect = 'Allow' | 'Deny'

/** Patterns that one of has to match; negated (NotAction, NotResource): none of. */
export interface PatternList {
  readonly negated: boolean
  readonly patterns: readonly Template[]
}

/** Whom a statement of a bucket policy is about. */
export interface PrincipalList {
  /** NotPrincipal: all others. */
  readonly negated: boolean
  /** Whether `*` is among them: everybody, also those who do not sign. */
  readonly everybody: boolean
  readonly accessKeys: ReadonlySet<string>
}

/** Looks up a variable such as `${aws:username}`; undefined when the request has none. */
export type Lookup = (variable: string) => string | undefined

/** Compares one value of a request with one of the policy; undefined: cannot be compared. */
export type Test = (actual: string, lookup: Lookup) => boolean | undefined

/** One operator on one condition key. */
export interface Condition {
  /** Lower-case; of the tag keys the name of the tag stands behind `/` as it is. */
  readonly key: string
  readonly kind: 'compare' | 'null'
  readonly negated: boolean
  /** `...IfExists`: holds when the request does not have the key. */
  readonly ifExists: boolean
  /** `ForAllValues:` and `ForAnyValue:`. */
  readonly quantifier: 'all' | 'any' | undefined
  readonly tests: readonly Test[]
}

export interface Statement {
  readonly sid: string | undefined
  readonly effect: Effect
  /** Undefined in the policy of a user, who is the principal. */
  readonly principals: PrincipalList | undefined
  readonly actions: PatternList
  readonly resources: PatternList
  readonly conditions: readonly Condition[]
}

/** Whose policy it is. */
export type PolicyOwner =
  | { readonly kind: 'bucket'; readonly bucket: string }
  /** A user: no principals, all buckets. */
  | { readonly kind: 'user' }

/** A policy, checked and ready to be asked. */
export interface Policy {
  readonly statements: readonly Statement[]
}

/** Why a text is no policy. The message is meant for whoever wrote it. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
}
