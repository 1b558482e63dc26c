import { actionLevels } from './actions.ts'
import { isVariable } from './condition-keys.ts'
import { parseConditions } from './parse-conditions.ts'
import { parsePrincipals } from './parse-principals.ts'
import {
  PolicyError,
  type Effect,
  type PatternList,
  type Policy,
  type PolicyOwner,
  type Statement,
} from './policy.ts'
import { checkResources, parseResource } from './resources.ts'
import { isJsonObject, parseStrictJson, type JsonObject } from './strict-json.ts'
import { matchesTemplate, parseTemplate, type Template } from './template.ts'

/** What AWS takes, in bytes. */
export const maxPolicyBytes: number = 20 * 1024

const maxDepth = 8

/**
 * Reads a policy. Whatever is not understood is refused, so that nobody relies on a rule that does
 * not hold.
 * @throws PolicyError
 */
export function parsePolicy(source: string, owner: PolicyOwner): Policy {
  if (Buffer.byteLength(source) > maxPolicyBytes) {
    throw new PolicyError('A policy has at most 20 KiB.')
  }
  const document = parseStrictJson(source, maxDepth)
  if (!isJsonObject(document)) throw new PolicyError('A policy is an object.')
  checkMembers(document, new Set(['Version', 'Id', 'Statement']))
  optionalText(document, 'Id')
  const variables = versionOf(document) === '2012-10-17'
  const list = listOf(document['Statement'])
  if (list.length === 0) throw new PolicyError('Statement is missing or empty.')
  const statements = list.map((statement) => parseStatement(statement, owner, variables))
  // An empty one is none: MinIO's own clients send it with every statement.
  const sids = statements.map(({ sid }) => sid).filter((sid) => sid !== undefined && sid !== '')
  if (new Set(sids).size < sids.length) throw new PolicyError('A Sid stands twice.')
  return { statements }
}

const versions: ReadonlySet<unknown> = new Set(['2012-10-17', '2008-10-17'])

function versionOf(document: JsonObject): unknown {
  const version = document['Version'] ?? '2008-10-17'
  if (!versions.has(version)) throw new PolicyError('Version must be 2012-10-17.')
  return version
}

const statementMembers: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

function parseStatement(value: unknown, owner: PolicyOwner, variables: boolean): Statement {
  if (!isJsonObject(value)) throw new PolicyError('A statement is an object.')
  checkMembers(value, statementMembers)
  const effect = effectOf(value)
  const rules = { wildcards: true, isVariable: variables ? isVariable : undefined }
  const actions = eitherOf(value, 'Action', parseAction)
  const resources = eitherOf(value, 'Resource', (text) => parseResource(text, owner, rules))
  checkResources(value, { actions, resources })
  return {
    sid: optionalText(value, 'Sid'),
    effect,
    principals: parsePrincipals(value, effect, owner.kind),
    actions,
    resources,
    conditions: parseConditions(value['Condition'], { variables }),
  }
}

function effectOf(statement: JsonObject): Effect {
  const effect = statement['Effect']
  if (effect === 'Allow' || effect === 'Deny') return effect
  throw new PolicyError('Effect must be Allow or Deny.')
}

/** A member and its negation, of which one must be there. */
function eitherOf(
  statement: JsonObject,
  name: string,
  parse: (text: string) => Template,
): PatternList {
  const positive = statement[name]
  const negative = statement[`Not${name}`]
  if ((positive === undefined) === (negative === undefined)) {
    throw new PolicyError(`A statement has either ${name} or Not${name}.`)
  }
  const list = listOf(positive ?? negative)
  if (list.length === 0) throw new PolicyError(`${name} is empty.`)
  const patterns = list.map((text) => {
    if (typeof text !== 'string') throw new PolicyError(`${name} must hold texts.`)
    return parse(text)
  })
  return { negated: positive === undefined, patterns }
}

/** Case does not count in the names of actions. */
function parseAction(text: string): Template {
  const lower = text.toLowerCase()
  const pattern = parseTemplate(lower, { wildcards: true, isVariable: undefined })
  const known = [...actionLevels.keys()].some((action) => matchesTemplate(pattern, action) === true)
  if (!known) throw new PolicyError(`${text} is an action not known here.`)
  return pattern
}

function checkMembers(value: JsonObject, known: ReadonlySet<string>): void {
  const unknown = Object.keys(value).find((name) => !known.has(name))
  if (unknown !== undefined) throw new PolicyError(`${unknown} does not belong there.`)
}

function optionalText(value: JsonObject, name: string): string | undefined {
  const text = value[name]
  if (text === undefined || typeof text === 'string') return text
  throw new PolicyError(`${name} must be a text.`)
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined ? [] : [value]
}
