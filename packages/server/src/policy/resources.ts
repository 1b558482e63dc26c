import { actionLevels, type ActionLevel } from './actions.ts'
import { PolicyError, type PatternList, type PolicyOwner } from './policy.ts'
import type { JsonObject } from './strict-json.ts'
import { matchesTemplate, parseTemplate, type Template, type TemplateRules } from './template.ts'

const arnPrefix = 'arn:aws:s3:::'

/** The ARN of a bucket, or of an object in it. */
export function resourceArn(bucket: string, key: string): string {
  return key === '' ? arnPrefix + bucket : `${arnPrefix}${bucket}/${key}`
}

/** @throws PolicyError when the resource is not one of S3, or lies in another bucket */
export function parseResource(text: string, owner: PolicyOwner, rules: TemplateRules): Template {
  if (text !== '*') {
    if (!text.startsWith(arnPrefix)) {
      throw new PolicyError(`Policy has invalid resource: ${text} does not begin ${arnPrefix}.`)
    }
    if (owner.kind === 'bucket' && !liesIn(text.slice(arnPrefix.length), owner.bucket)) {
      throw new PolicyError(`Policy has invalid resource: ${text} lies in another bucket.`)
    }
  }
  return parseTemplate(text, rules)
}

function liesIn(path: string, bucket: string): boolean {
  const slash = path.indexOf('/')
  const name = slash === -1 ? path : path.slice(0, slash)
  if (name.includes('${')) return false
  const pattern = parseTemplate(name, { wildcards: true, isVariable: undefined })
  return matchesTemplate(pattern, bucket) === true
}

/**
 * Like AWS: an action on objects beside nothing but the ARN of the bucket (or the other way round)
 * does nothing, and whoever wrote it meant something.
 * @throws PolicyError
 */
export function checkResources(
  statement: JsonObject,
  { actions, resources }: { readonly actions: PatternList; readonly resources: PatternList },
): void {
  if (actions.negated || resources.negated) return
  const levels = new Set(listOf(statement['Resource']).flatMap((resource) => levelsOf(resource)))
  for (const pattern of actions.patterns) {
    const applies = [...actionLevels].some(
      ([action, level]) =>
        (level === 'service' || levels.has(level)) && matchesTemplate(pattern, action) === true,
    )
    if (!applies) {
      throw new PolicyError('Action does not apply to any resource(s) in statement.')
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

/** What a resource may name: a bucket, objects, or, where a wildcard may hold a slash, both. */
function levelsOf(resource: unknown): readonly ActionLevel[] {
  const text = String(resource)
  const slash = text.indexOf('/')
  const wildcard = text.search(/[*?]/)
  if (slash !== -1 && (wildcard === -1 || slash < wildcard)) return ['object']
  return wildcard === -1 && slash === -1 ? ['bucket'] : ['bucket', 'object']
}
