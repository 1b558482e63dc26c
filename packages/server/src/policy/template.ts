import {
  anyOne,
  anyRun,
  patternMatcher,
  segmentsOf,
  type PatternPart,
  type TextMatcher,
} from '../wildcards.ts'
import { PolicyError, type Lookup } from './policy.ts'

interface Variable {
  readonly variable: string
}

/** A text of a policy with its wildcards and variables found. */
export interface Template {
  readonly parts: readonly (PatternPart | Variable)[]
  /** Undefined where there are variables. */
  readonly fixed: TextMatcher | undefined
  /** Whether case does not count; the texts in `parts` are in lower case then. */
  readonly foldCase: boolean
}

export interface TemplateRules {
  /** Whether `*` and `?` stand for other text. */
  readonly wildcards: boolean
  /** Whether `${...}` stands for a value of the request: tells which variables there are. */
  readonly isVariable: ((name: string) => boolean) | undefined
  /** Whether case does not count. */
  readonly foldCase?: boolean | undefined
}

/** What `${*}`, `${?}` and `${$}` are for: the characters themselves. */
const escapes: ReadonlySet<string> = new Set(['*', '?', '$'])

const special = /\$\{|[*?]/g

/** @throws PolicyError for a variable that is not known or not closed */
export function parseTemplate(source: string, rules: TemplateRules): Template {
  const parts: (PatternPart | Variable)[] = []
  let at = 0
  for (;;) {
    special.lastIndex = at
    const found = special.exec(source)
    const textEnd = found?.index ?? source.length
    if (textEnd > at) parts.push(cased(source.slice(at, textEnd), rules))
    if (found === null) break
    const [mark] = found
    if (mark === '${') {
      const end = source.indexOf('}', textEnd)
      const name = end === -1 ? '' : source.slice(textEnd + 2, end)
      parts.push(variableOf(name, source, rules))
      at = end + 1
    } else {
      parts.push(rules.wildcards ? (mark === '*' ? anyRun : anyOne) : mark)
      at = textEnd + 1
    }
  }
  const fixed = parts.filter(isPatternPart)
  const { foldCase = false } = rules
  const matcher = fixed.length === parts.length ? matcherOf(fixed, foldCase) : undefined
  return { parts, fixed: matcher, foldCase }
}

function isPatternPart(part: PatternPart | Variable): part is PatternPart {
  return typeof part !== 'object'
}

function cased(text: string, { foldCase }: Pick<TemplateRules, 'foldCase'>): string {
  return foldCase === true ? text.toLowerCase() : text
}

function matcherOf(parts: readonly PatternPart[], foldCase: boolean): TextMatcher {
  const matches = patternMatcher(segmentsOf(parts))
  return foldCase ? (text) => matches(text.toLowerCase()) : matches
}

function variableOf(name: string, source: string, rules: TemplateRules): string | Variable {
  if (rules.isVariable === undefined) {
    throw new PolicyError(`${source}: variables need the Version 2012-10-17.`)
  }
  if (escapes.has(name)) return name
  const variable = name.toLowerCase()
  if (rules.isVariable(variable)) return { variable }
  throw new PolicyError(`${source} holds a variable that is not known here.`)
}

const nothing: Lookup = () => undefined

/**
 * Whether the template matches the whole text. The values of variables are plain text: a `*` in
 * them is no wildcard.
 * @returns undefined when the request lacks one of the variables
 */
export function matchesTemplate(
  template: Template,
  text: string,
  lookup: Lookup = nothing,
): boolean | undefined {
  if (template.fixed !== undefined) return template.fixed(text)
  const parts = resolved(template, lookup)
  if (parts === undefined) return undefined
  const leastLength = parts.reduce(
    (sum, part) => sum + (typeof part === 'string' ? part.length : 0),
    0,
  )
  // A value of many kilobytes may stand in the template many times.
  const subject = cased(text, template)
  return leastLength <= subject.length && patternMatcher(segmentsOf(parts))(subject)
}

function resolved(template: Template, lookup: Lookup): readonly PatternPart[] | undefined {
  const values = new Map<string, string | undefined>()
  const parts: PatternPart[] = []
  for (const part of template.parts) {
    if (isPatternPart(part)) {
      parts.push(part)
      continue
    }
    const { variable } = part
    if (!values.has(variable)) values.set(variable, lookup(variable))
    const value = values.get(variable)
    if (value === undefined || value === '') return undefined
    parts.push(cased(value, template))
  }
  return parts
}
