import { PolicyError, type Effect, type PrincipalList } from './policy.ts'
import { isJsonObject, type JsonObject } from './strict-json.ts'

const userArnPrefix = 'arn:aws:iam:::user/'

/** The ARN of the user with this access key. There is one account, and it has no number. */
export function userArn(accessKey: string): string {
  return userArnPrefix + accessKey
}

/** @throws PolicyError */
export function parsePrincipals(
  statement: JsonObject,
  effect: Effect,
  owner: 'bucket' | 'user',
): PrincipalList | undefined {
  const positive = statement['Principal']
  const negative = statement['NotPrincipal']
  if (owner === 'user') {
    if (positive === undefined && negative === undefined) return undefined
    throw new PolicyError("The policy of a user has no Principal: it is the user's.")
  }
  if ((positive === undefined) === (negative === undefined)) {
    throw new PolicyError('A statement has either Principal or NotPrincipal.')
  }
  const negated = positive === undefined
  // As in IAM: it would allow everybody but those that somebody thought of.
  if (negated && effect === 'Allow') throw new PolicyError('NotPrincipal goes with Deny only.')
  const names = namesOf(positive ?? negative)
  const everybody = names.includes('*')
  if (negated && everybody) throw new PolicyError('NotPrincipal must not be everybody.')
  const accessKeys = names.filter((name) => name !== '*').map((name) => accessKeyOf(name))
  return { negated, everybody, accessKeys: new Set(accessKeys) }
}

function namesOf(value: unknown): readonly string[] {
  if (value === '*') return ['*']
  if (!isJsonObject(value) || Object.keys(value).join() !== 'AWS') {
    throw new PolicyError('Invalid principal in policy: write "*" or {"AWS": ...}.')
  }
  const list: readonly unknown[] = Array.isArray(value['AWS']) ? value['AWS'] : [value['AWS']]
  if (list.length === 0) throw new PolicyError('Invalid principal in policy: it is empty.')
  return list.map((name) => {
    if (typeof name === 'string') return name
    throw new PolicyError('Invalid principal in policy: it must be a text.')
  })
}

/**
 * An access key, or the ARN of its user. An ARN with the number of an account is refused: it is
 * somebody's of that account, not of here.
 */
function accessKeyOf(name: string): string {
  const accessKey = name.startsWith(userArnPrefix) ? name.slice(userArnPrefix.length) : name
  if (/^[\w.+=@-]{3,128}$/.test(accessKey)) return accessKey
  throw new PolicyError(`Invalid principal in policy: ${name}.`)
}
