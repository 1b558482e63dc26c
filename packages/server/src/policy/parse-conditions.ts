import { isSetKey, normalKey } from './condition-keys.ts'
import { operators, type OperandRules } from './condition-operators.ts'
import { PolicyError, type Condition, type Test } from './policy.ts'
import { isJsonObject } from './strict-json.ts'

/** @throws PolicyError for an operator, a key or a value that is not known */
export function parseConditions(value: unknown, rules: OperandRules): readonly Condition[] {
  if (value === undefined) return []
  if (!isJsonObject(value)) throw new PolicyError('Condition must be an object.')
  const conditions: Condition[] = []
  for (const [operator, keys] of Object.entries(value)) {
    if (!isJsonObject(keys)) throw new PolicyError(`${operator} must have an object of keys.`)
    const seen = new Set<string>()
    for (const [name, operands] of Object.entries(keys)) {
      const condition = parseCondition(operator, name, operands, rules)
      if (seen.has(condition.key)) throw new PolicyError(`${name} stands twice in ${operator}.`)
      seen.add(condition.key)
      conditions.push(condition)
    }
  }
  return conditions
}

interface OperatorName {
  readonly quantifier: Condition['quantifier']
  readonly base: string
  readonly ifExists: boolean
}

function parseOperatorName(name: string): OperatorName {
  const colon = name.indexOf(':')
  const prefix = colon === -1 ? '' : name.slice(0, colon)
  const rest = name.slice(colon + 1)
  const ifExists = rest.endsWith('IfExists')
  const base = ifExists ? rest.slice(0, -'IfExists'.length) : rest
  if (prefix === '') return { quantifier: undefined, base: colon === -1 ? base : name, ifExists }
  if (prefix === 'ForAllValues') return { quantifier: 'all', base, ifExists }
  if (prefix === 'ForAnyValue') return { quantifier: 'any', base, ifExists }
  throw new PolicyError(`${name} is no condition operator.`)
}

function parseCondition(
  operatorName: string,
  keyName: string,
  operands: unknown,
  rules: OperandRules,
): Condition {
  const { quantifier, base, ifExists } = parseOperatorName(operatorName)
  const key = normalKey(keyName)
  if (key === undefined) throw new PolicyError(`${keyName} is a condition key not known here.`)
  if (isSetKey(key) && quantifier === undefined && base !== 'Null') {
    throw new PolicyError(`${keyName} needs ForAllValues or ForAnyValue.`)
  }
  const values = operandsOf(operands, keyName)
  const operator = operators.get(base)
  if (base === 'Null' && !ifExists && quantifier === undefined) {
    const tests = values.map((operand) => presenceTest(operand))
    return { key, kind: 'null', negated: false, ifExists, quantifier, tests }
  }
  if (operator === undefined) throw new PolicyError(`${operatorName} is no condition operator.`)
  const tests = values.map((operand) => operator.test(operand, rules))
  return { key, kind: 'compare', negated: operator.negated, ifExists, quantifier, tests }
}

/** `Null` asks whether a key is absent: `actual` says whether it is. */
function presenceTest(operand: string): Test {
  const wanted = operand.toLowerCase()
  if (wanted !== 'true' && wanted !== 'false') throw new PolicyError('Null takes true or false.')
  return (actual) => actual === wanted
}

function operandsOf(operands: unknown, key: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(operands) ? operands : [operands]
  if (list.length === 0) throw new PolicyError(`${key} needs a value.`)
  return list.map((operand) => {
    if (typeof operand === 'string') return operand
    if (typeof operand === 'number' || typeof operand === 'boolean') return String(operand)
    throw new PolicyError(`${key} must have texts as values.`)
  })
}
