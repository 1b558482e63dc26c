import { parseIsoDate } from '@stowage/protocol'

import { PolicyError } from './policy.ts'
import { isJsonObject, parseStrictJson } from './strict-json.ts'

interface FieldCondition {
  readonly operator: 'eq' | 'starts-with'
  /** Lower-case. */
  readonly field: string
  readonly value: string
}

/** What the signer of a form allows. */
export interface PostPolicy {
  readonly expires: Date
  readonly conditions: readonly FieldCondition[]
  /** The size of the file, in bytes. */
  readonly minBytes: number
  readonly maxBytes: number
}

const maxDepth = 4

/**
 * Reads the policy of a form.
 * @param base64 the field `policy`
 * @throws PolicyError
 */
export function parsePostPolicy(base64: string): PostPolicy {
  const document = parseStrictJson(decodeBase64(base64), maxDepth)
  if (!isJsonObject(document)) throw new PolicyError('A policy is an object.')
  const extra = Object.keys(document).find((name) => name !== 'expiration' && name !== 'conditions')
  if (extra !== undefined) throw new PolicyError(`Unexpected: '${extra}'.`)
  const { expiration, conditions } = document
  const expires = typeof expiration === 'string' ? parseIsoDate(expiration) : undefined
  if (expires === undefined) throw new PolicyError('expiration must be a time in ISO 8601.')
  if (!Array.isArray(conditions)) throw new PolicyError('conditions must be a list.')
  const items: readonly unknown[] = conditions
  const ranges = items.filter((item) => isRange(item)).map((item) => parseRange(item))
  return {
    expires,
    conditions: items.filter((item) => !isRange(item)).flatMap((item) => parseCondition(item)),
    minBytes: Math.max(0, ...ranges.map(({ min }) => min)),
    maxBytes: Math.min(Number.MAX_SAFE_INTEGER, ...ranges.map(({ max }) => max)),
  }
}

/** Escapes that S3 has in policies and JSON does not. */
const moreEscapes: ReadonlyMap<string, string> = new Map([
  ['\\$', '$'],
  ['\\v', '\\u000b'],
])

function decodeBase64(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  if (base64 === '' || bytes.toString('base64') !== base64) {
    throw new PolicyError('The policy is no Base64.')
  }
  const text = bytes.toString('utf8')
  if (!Buffer.from(text).equals(bytes)) throw new PolicyError('The policy is no UTF-8.')
  return text.replace(/\\[^]/g, (pair) => moreEscapes.get(pair) ?? pair)
}

function isRange(item: unknown): item is readonly unknown[] {
  return Array.isArray(item) && item[0] === 'content-length-range'
}

function parseRange(item: readonly unknown[]): { min: number; max: number } {
  const [min = -1, max = -1] = item.slice(1).map((value) => wholeNumber(value))
  if (item.length === 3 && min >= 0 && max >= min) return { min, max }
  throw new PolicyError('content-length-range takes two sizes in bytes.')
}

function wholeNumber(value: unknown): number {
  if (typeof value === 'string') return /^\d{1,15}$/.test(value) ? Number(value) : -1
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : -1
}

function parseCondition(item: unknown): readonly FieldCondition[] {
  if (Array.isArray(item)) {
    const list: readonly unknown[] = item
    const [operator, name, value] = list
    const known = operator === 'eq' || operator === 'starts-with'
    if (!known || list.length !== 3 || typeof name !== 'string' || !name.startsWith('$')) {
      throw new PolicyError('A condition is [eq or starts-with, $field, value].')
    }
    return [{ operator, field: name.slice(1).toLowerCase(), value: textOf(value) }]
  }
  if (!isJsonObject(item) || Object.keys(item).length === 0) {
    throw new PolicyError('A condition is a list, or an object that is not empty.')
  }
  return Object.entries(item).map(([name, value]) => ({
    operator: 'eq',
    field: name.toLowerCase(),
    value: textOf(value),
  }))
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw new PolicyError('The value of a condition must be a text.')
}

/** A form, as far as its policy is concerned. */
export interface SignedForm {
  /** The bucket that the form was sent to. */
  readonly bucket: string
  /** The fields as they were sent. */
  readonly fields: ReadonlyMap<string, string>
  /** The same with the name of the file in the place of `${filename}`. */
  readonly filled: ReadonlyMap<string, string>
}

/** Fields that no condition needs to name. */
const freeFields: ReadonlySet<string> = new Set(['file', 'policy', 'x-amz-signature'])

/** Why a form is not what its signer allowed; undefined when it is. */
export function postPolicyProblem(
  policy: PostPolicy,
  form: SignedForm,
  now: Date,
): string | undefined {
  if (policy.expires.getTime() <= now.getTime()) return 'Policy expired.'
  // The form goes to one bucket, whichever it names.
  if ((form.fields.get('bucket') ?? form.bucket) !== form.bucket) return 'Another bucket.'
  const named = new Set(policy.conditions.map(({ field }) => field))
  for (const field of ['bucket', ...form.fields.keys()]) {
    const isFree = freeFields.has(field) || field.startsWith('x-ignore-')
    if (!isFree && !named.has(field)) return `Extra input fields: ${field}`
  }
  const failed = policy.conditions.find((condition) => !conditionHolds(condition, form))
  if (failed === undefined) return undefined
  const { operator, field, value } = failed
  return `Policy Condition failed: ["${operator}", "$${field}", "${value}"]`
}

function conditionHolds(condition: FieldCondition, form: SignedForm): boolean {
  const { operator, field, value } = condition
  const sent = field === 'bucket' ? form.bucket : form.fields.get(field)
  const filled = field === 'bucket' ? form.bucket : form.filled.get(field)
  if (operator === 'starts-with') {
    const values = field === 'content-type' ? (filled ?? '').split(',') : [filled ?? '']
    return values.every((one) => one.startsWith(value))
  }
  // The signer of `user/${filename}` leaves the name to the sender.
  return filled === value || (sent === value && value.includes('${filename}'))
}
