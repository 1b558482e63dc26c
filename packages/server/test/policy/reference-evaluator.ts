/**
 * A second evaluator, written to be compared with the real one: it works on the JSON itself, one
 * rule of IAM after the other, with numbers for truth (1 true, 0 false, 0.5 cannot be told; `and`
 * is the minimum, `or` the maximum) and with a wildcard matcher that tries everything.
 */
export interface RawStatement {
  readonly Effect: string
  readonly Principal?: unknown
  readonly NotPrincipal?: unknown
  readonly Action?: string | readonly string[] | undefined
  readonly NotAction?: string | readonly string[] | undefined
  readonly Resource?: string | readonly string[] | undefined
  readonly NotResource?: string | readonly string[] | undefined
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

export interface RawQuestion {
  readonly action: string
  readonly resource: string
  readonly accessKey: string | undefined
  readonly values: Readonly<Record<string, readonly string[]>>
}

export function referenceDecision(
  statements: readonly RawStatement[],
  question: RawQuestion,
): string {
  const truths = statements.map((statement) => [statement.Effect, applies(statement, question)])
  if (truths.some(([effect, truth]) => effect === 'Deny' && truth !== 0)) return 'deny'
  return truths.some(([effect, truth]) => effect === 'Allow' && truth === 1) ? 'allow' : 'none'
}

function applies(statement: RawStatement, question: RawQuestion): number {
  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => condition(operator, key, wanted, question)),
  )
  return Math.min(
    principal(statement, question),
    action(statement, question),
    resource(statement, question),
    ...conditions,
  )
}

function principal({ Principal, NotPrincipal }: RawStatement, question: RawQuestion): number {
  const names = JSON.stringify(Principal ?? NotPrincipal)
  const mine = question.accessKey === undefined ? 'nobody at all' : question.accessKey
  const listed = names.includes('"*"') || names.includes(`"${mine}"`) || names.includes(`/${mine}"`)
  return listed === (Principal !== undefined) ? 1 : 0
}

function action({ Action, NotAction }: RawStatement, question: RawQuestion): number {
  const list = [Action ?? NotAction ?? []].flat()
  const some = list.some((pattern) => like(pattern.toLowerCase(), question.action.toLowerCase()))
  return some === (Action !== undefined) ? 1 : 0
}

function resource({ Resource, NotResource }: RawStatement, question: RawQuestion): number {
  const truths = [Resource ?? NotResource ?? []].flat().map((pattern) => {
    const filled = fill(pattern, question)
    if (filled === undefined) return Resource === undefined ? 0.5 : 0
    return like(filled, literal(question.resource)) ? 1 : 0
  })
  const some = Math.max(0, ...truths)
  return Resource === undefined ? 1 - some : some
}

function condition(
  operator: string,
  key: string,
  wanted: readonly string[],
  question: RawQuestion,
): number {
  const values = question.values[key.toLowerCase()] ?? []
  if (operator === 'Null') return wanted.includes(String(values.length === 0)) ? 1 : 0
  const all = operator.startsWith('ForAllValues:')
  const any = operator.startsWith('ForAnyValue:')
  const plain = operator.replace(/^For\w+:/, '').replace(/IfExists$/, '')
  const positive = plain.replace('Not', '')
  const negated = plain !== positive
  if (values.length === 0) {
    if (operator.endsWith('IfExists') || all) return 1
    return negated && !any ? 1 : 0
  }
  const truths = values.map((value) => {
    const some = Math.max(...wanted.map((one) => compare(positive, value, one, question)))
    return negated ? 1 - some : some
  })
  return all ? Math.min(...truths) : Math.max(...truths)
}

function compare(operator: string, value: string, wanted: string, question: RawQuestion): number {
  if (operator.startsWith('Numeric')) return compareNumbers(operator, value, wanted)
  if (operator === 'Bool') return value === wanted ? 1 : 0
  if (operator === 'IpAddress') return inBlock(value, wanted)
  const filled = fill(wanted, question)
  if (filled === undefined) return 0.5
  switch (operator) {
    case 'StringLike':
      return like(filled, literal(value)) ? 1 : 0
    case 'StringEquals':
      return literal(filled) === literal(value) ? 1 : 0
    case 'StringEqualsIgnoreCase':
      return literal(filled).toLowerCase() === literal(value).toLowerCase() ? 1 : 0
    default:
      throw new Error(`the reference does not know ${operator}`)
  }
}

function compareNumbers(operator: string, value: string, wanted: string): number {
  if (!/^\d+$/.test(value)) return 0.5
  const difference = Number(value) - Number(wanted)
  const truth: Readonly<Record<string, boolean>> = {
    NumericEquals: difference === 0,
    NumericLessThan: difference < 0,
    NumericLessThanEquals: difference <= 0,
    NumericGreaterThan: difference > 0,
    NumericGreaterThanEquals: difference >= 0,
  }
  return truth[operator] === true ? 1 : 0
}

/** IPv4 alone, bit by bit. */
function inBlock(value: string, wanted: string): number {
  const bits = (text: string): string =>
    text
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('')
  const [address = '', prefix = '32'] = wanted.split('/')
  const length = Number(prefix)
  return bits(value).slice(0, length) === bits(address).slice(0, length) ? 1 : 0
}

/** Takes the meaning of wildcards from a text. */
function literal(text: string): string {
  return text.replaceAll('*', '\ue000').replaceAll('?', '\ue001')
}

function fill(text: string, question: RawQuestion): string | undefined {
  let complete = true
  const filled = text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const [value] = question.values[name.toLowerCase()] ?? []
    if (value === undefined || value === '') complete = false
    return literal(value ?? '')
  })
  return complete ? filled : undefined
}

export function like(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*') {
    return like(pattern.slice(1), text) || (text !== '' && like(pattern, text.slice(1)))
  }
  if (text === '' || (pattern[0] !== '?' && pattern[0] !== text[0])) return false
  return like(pattern.slice(1), text.slice(1))
}
