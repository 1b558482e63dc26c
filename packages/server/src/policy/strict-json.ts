import { PolicyError } from './policy.ts'

/**
 * Reads JSON more strictly than `JSON.parse`, which keeps the last of two members of one name: a
 * reader of the policy could see the other one.
 * @param maxDepth how many objects and arrays may lie in one another
 * @throws PolicyError
 */
export function parseStrictJson(source: string, maxDepth: number): unknown {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    throw new PolicyError('This is no JSON.')
  }
  checkNesting(source, maxDepth)
  return value
}

/** Strings as wholes, and what nests. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs

/** `source` is valid JSON here, so a string in front of a colon is the name of a member. */
function checkNesting(source: string, maxDepth: number): void {
  const objects: Set<string>[] = []
  let before = ''
  for (const [token] of source.matchAll(tokens)) {
    if (token === '{' || token === '[') objects.push(new Set())
    else if (token === '}' || token === ']') objects.pop()
    else if (token === ':') addName(objects.at(-1), String(JSON.parse(before)))
    if (objects.length > maxDepth) throw new PolicyError('The JSON is nested too deeply.')
    before = token
  }
}

function addName(names: Set<string> | undefined, name: string): void {
  if (names?.has(name) === true) throw new PolicyError(`${name} stands twice in one object.`)
  names?.add(name)
}

/** A value of JSON that is an object. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
