import type { KeySource } from './condition-keys.ts'
import type { Condition, Lookup, PatternList, Policy, PrincipalList, Statement } from './policy.ts'
import { matchesTemplate } from './template.ts'

/** What a policy is asked. */
export interface Question {
  /** Such as `s3:GetObject`; case does not count. */
  readonly action: string
  /** Such as `arn:aws:s3:::bucket/key`. */
  readonly resource: string
  /** Undefined for somebody who does not sign. */
  readonly accessKey: string | undefined
  readonly keys: KeySource
}

/** `none`: no statement is about it. */
export type Decision = 'allow' | 'deny' | 'none'

/**
 * Asks one policy. A Deny counts more than any Allow. What cannot be told (a number that is none, a
 * value that the server does not see) never grants and always denies.
 */
export function evaluate(policy: Policy, question: Question): Decision {
  let decision: Decision = 'none'
  const action = question.action.toLowerCase()
  for (const statement of policy.statements) {
    if (decision === 'allow' && statement.effect === 'Allow') continue
    const denies = statement.effect === 'Deny'
    if (!(applies(statement, question, action) ?? denies)) continue
    if (denies) return 'deny'
    decision = 'allow'
  }
  return decision
}

/** Undefined: that cannot be told. */
function applies(statement: Statement, question: Question, action: string): boolean | undefined {
  const lookup: Lookup = (variable) => {
    const values = question.keys(variable)
    return values === 'unknown' ? undefined : values[0]
  }
  if (!includes(statement.principals, question.accessKey)) return false
  if (matches(statement.actions, action, lookup) !== true) return false
  let result = matches(statement.resources, question.resource, lookup)
  for (const condition of statement.conditions) {
    if (result === false) return false
    const holds = conditionHolds(condition, question.keys, lookup)
    if (holds !== true) result = holds
  }
  return result
}

function includes(principals: PrincipalList | undefined, accessKey: string | undefined): boolean {
  if (principals === undefined) return true
  const listed =
    principals.everybody || (accessKey !== undefined && principals.accessKeys.has(accessKey))
  return listed !== principals.negated
}

/**
 * A pattern with a variable that the request does not have matches nothing. In a negated list that
 * would let everything through, so there it cannot be told.
 */
function matches(
  { negated, patterns }: PatternList,
  text: string,
  lookup: Lookup,
): boolean | undefined {
  let incomplete = false
  for (const pattern of patterns) {
    const found = matchesTemplate(pattern, text, lookup)
    if (found === undefined) incomplete = true
    else if (found) return !negated
  }
  return negated ? (incomplete ? undefined : true) : false
}

/** The rules of IAM for absent keys, several values and negation. */
function conditionHolds(
  condition: Condition,
  keys: KeySource,
  lookup: Lookup,
): boolean | undefined {
  const values = keys(condition.key)
  if (values === 'unknown') return undefined
  if (condition.kind === 'null') {
    const absent = String(values.length === 0)
    return condition.tests.some((test) => test(absent, lookup) === true)
  }
  if (values.length === 0) return holdsWithoutValue(condition)
  const results = values.map((value) => valueHolds(condition, value, lookup))
  return condition.quantifier === 'all' ? everyOf(results) : someOf(results)
}

function holdsWithoutValue({ ifExists, quantifier, negated }: Condition): boolean {
  if (ifExists || quantifier === 'all') return true
  return quantifier === 'any' ? false : negated
}

/** One value: equal to one of the policy's, or, negated, to none of them. */
function valueHolds(
  { tests, negated }: Condition,
  value: string,
  lookup: Lookup,
): boolean | undefined {
  const found = someOf(tests.map((test) => test(value, lookup)))
  return negated && found !== undefined ? !found : found
}

function someOf(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(true)) return true
  return results.includes(undefined) ? undefined : false
}

function everyOf(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(false)) return false
  return results.includes(undefined) ? undefined : true
}
