import { parseIsoDate } from '@stowage/protocol'

import { isInRange, parseAddressRange } from './address-ranges.ts'
import { isVariable } from './condition-keys.ts'
import { PolicyError, type Test } from './policy.ts'
import { matchesTemplate, parseTemplate } from './template.ts'

/** What the values of a policy are read with. */
export interface OperandRules {
  /** Version 2012-10-17 has them. */
  readonly variables: boolean
}

export interface Operator {
  readonly negated: boolean
  /** @throws PolicyError when the value of the policy is none for this operator */
  test(operand: string, rules: OperandRules): Test
}

type MakeTest = Operator['test']

/** The operators that compare, by their exact names. */
export const operators: ReadonlyMap<string, Operator> = new Map([
  ...pair('StringEquals', 'StringNotEquals', textTest({ wildcards: false, foldCase: false })),
  ...pair(
    'StringEqualsIgnoreCase',
    'StringNotEqualsIgnoreCase',
    textTest({ wildcards: false, foldCase: true }),
  ),
  ...pair('StringLike', 'StringNotLike', textTest({ wildcards: true, foldCase: false })),
  ...pair('ArnEquals', 'ArnNotEquals', arnTest),
  ...pair('ArnLike', 'ArnNotLike', arnTest),
  ...pair('IpAddress', 'NotIpAddress', addressTest),
  ...orders('Numeric', parseNumber),
  ...orders('Date', parseDate),
  ['Bool', { negated: false, test: booleanTest }],
])

function pair(name: string, opposite: string, test: MakeTest): [string, Operator][] {
  return [
    [name, { negated: false, test }],
    [opposite, { negated: true, test }],
  ]
}

type Parse = (text: string) => number | undefined

function orders(kind: string, parse: Parse): [string, Operator][] {
  const rows: [string, Operator][] = pair(
    `${kind}Equals`,
    `${kind}NotEquals`,
    orderTest(kind, parse, (actual, wanted) => actual === wanted),
  )
  const comparisons: Readonly<Record<string, (actual: number, wanted: number) => boolean>> = {
    LessThan: (actual, wanted) => actual < wanted,
    LessThanEquals: (actual, wanted) => actual <= wanted,
    GreaterThan: (actual, wanted) => actual > wanted,
    GreaterThanEquals: (actual, wanted) => actual >= wanted,
  }
  for (const [name, compare] of Object.entries(comparisons)) {
    rows.push([kind + name, { negated: false, test: orderTest(kind, parse, compare) }])
  }
  return rows
}

function orderTest(
  kind: string,
  parse: Parse,
  compare: (actual: number, wanted: number) => boolean,
): MakeTest {
  return (operand) => {
    const wanted = parse(operand)
    if (wanted === undefined) throw new PolicyError(`${operand} is no value for ${kind}*.`)
    return (actual) => {
      const value = parse(actual)
      return value === undefined ? undefined : compare(value, wanted)
    }
  }
}

function parseNumber(text: string): number | undefined {
  return /^-?\d{1,15}(?:\.\d{1,6})?$/.test(text) ? Number(text) : undefined
}

/** ISO 8601, or seconds since 1970, which is what `aws:EpochTime` has. */
function parseDate(text: string): number | undefined {
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000
  const full = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text
  return parseIsoDate(full)?.getTime()
}

function booleanTest(operand: string): Test {
  const wanted = operand.toLowerCase()
  if (wanted !== 'true' && wanted !== 'false') {
    throw new PolicyError(`${operand} is neither true nor false.`)
  }
  return (actual) => actual.toLowerCase() === wanted
}

function addressTest(operand: string): Test {
  const range = parseAddressRange(operand)
  if (range === undefined) throw new PolicyError(`${operand} is no address and no block of them.`)
  return (actual) => isInRange(range, actual)
}

interface TextRules {
  readonly wildcards: boolean
  readonly foldCase: boolean
}

function textTest({ wildcards, foldCase }: TextRules): MakeTest {
  return (operand, { variables }) => {
    const template = parseTemplate(operand, {
      wildcards,
      foldCase,
      isVariable: variables ? isVariable : undefined,
    })
    return (actual, lookup) => matchesTemplate(template, actual, lookup)
  }
}

const arnParts = 6

/** Each of the six parts by itself: a `*` does not reach over a colon. */
function arnTest(operand: string, { variables }: OperandRules): Test {
  const templates = partsOfArn(operand).map((part) =>
    parseTemplate(part, { wildcards: true, isVariable: variables ? isVariable : undefined }),
  )
  if (templates.length !== arnParts) throw new PolicyError(`${operand} is no ARN.`)
  return (actual, lookup) => {
    const parts = partsOfArn(actual)
    if (parts.length !== arnParts) return undefined
    let all: boolean | undefined = true
    for (const [index, part] of parts.entries()) {
      const template = templates[index]
      const matches = template && matchesTemplate(template, part, lookup)
      if (matches === false) return false
      all = all === true ? matches : all
    }
    return all
  }
}

function partsOfArn(arn: string): readonly string[] {
  const parts = arn.split(':')
  return parts.length <= arnParts
    ? parts
    : [...parts.slice(0, arnParts - 1), parts.slice(arnParts - 1).join(':')]
}
