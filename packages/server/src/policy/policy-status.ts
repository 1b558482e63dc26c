import type { Policy, Statement } from './policy.ts'

/** Keys that tie a statement to certain senders. */
const bindingKeys: ReadonlySet<string> = new Set([
  'aws:principalarn',
  'aws:sourceip',
  'aws:userid',
  'aws:username',
])

/** Whether the policy lets everybody do something, as GetBucketPolicyStatus tells it. */
export function isPublic({ statements }: Policy): boolean {
  return statements.some((statement) => allowsEverybody(statement))
}

function allowsEverybody({ effect, principals, conditions }: Statement): boolean {
  if (effect === 'Deny' || principals?.everybody !== true) return false
  return !conditions.some(
    ({ key, kind, negated, ifExists, quantifier }) =>
      bindingKeys.has(key) && kind === 'compare' && !negated && !ifExists && quantifier !== 'all',
  )
}
