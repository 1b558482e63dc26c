import { PolicyError, type Lookup } from './policy.ts'

/** A code point, or one of the wildcards below. */
type Token = number

const anyRun = -1
const anyOne = -2

interface Variable {
  readonly variable: string
}

/** A text of a policy with its wildcards and variables found. */
export interface Template {
  readonly parts: readonly (Token | Variable)[]
  /** The symbols when there are no variables. */
  readonly fixed: readonly Token[] | undefined
}

export interface TemplateRules {
  /** Whether `*` and `?` stand for other text. */
  readonly wildcards: boolean
  /** Whether `${...}` stands for a value of the request: tells which variables there are. */
  readonly isVariable: ((name: string) => boolean) | undefined
}

/** What `${*}`, `${?}` and `${$}` are for: the characters themselves. */
const escapes: ReadonlySet<string> = new Set(['*', '?', '$'])

/** @throws PolicyError for a variable that is not known or not closed */
export function parseTemplate(source: string, rules: TemplateRules): Template {
  const parts: (Token | Variable)[] = []
  let at = 0
  while (at < source.length) {
    if (source.startsWith('${', at)) {
      const end = source.indexOf('}', at)
      const name = end === -1 ? '' : source.slice(at + 2, end)
      parts.push(variableOf(name, source, rules))
      at = end + 1
    } else {
      const code = source.codePointAt(at) ?? 0
      parts.push(rules.wildcards ? wildcardOr(code) : code)
      at += code > 0xffff ? 2 : 1
    }
  }
  const fixed = parts.filter((part) => typeof part === 'number')
  return { parts, fixed: fixed.length === parts.length ? fixed : undefined }
}

function wildcardOr(code: number): Token {
  if (code === 0x2a) return anyRun
  return code === 0x3f ? anyOne : code
}

function variableOf(name: string, source: string, rules: TemplateRules): Token | Variable {
  if (rules.isVariable === undefined) {
    throw new PolicyError(`${source}: variables need the Version 2012-10-17.`)
  }
  if (escapes.has(name)) return name.codePointAt(0) ?? 0
  const variable = name.toLowerCase()
  if (rules.isVariable(variable)) return { variable }
  throw new PolicyError(`${source} holds a variable that is not known here.`)
}

/**
 * Puts the values of the request in. They are plain text: a `*` in them is no wildcard.
 * @returns undefined when the request lacks one of them
 */
export function resolveTemplate(template: Template, lookup: Lookup): readonly Token[] | undefined {
  if (template.fixed !== undefined) return template.fixed
  const symbols: Token[] = []
  for (const part of template.parts) {
    if (typeof part === 'number') symbols.push(part)
    else {
      const value = lookup(part.variable)
      if (value === undefined || value === '') return undefined
      symbols.push(...codePoints(value))
    }
  }
  return symbols
}

/** Compares in the way of {@link matchesSymbols}, without regard to case. */
export function lowerCaseSymbols(symbols: readonly Token[]): readonly Token[] {
  return symbols.flatMap((symbol) =>
    symbol < 0 ? [symbol] : codePoints(String.fromCodePoint(symbol).toLowerCase()),
  )
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
}

/**
 * Whether the whole text matches. It goes back to the last `*` alone, so the time is at most the
 * product of the lengths, whatever the pattern is (`a*a*a*b`).
 */
export function matchesSymbols(symbols: readonly Token[], text: string): boolean {
  const characters = codePoints(text)
  let at = 0
  let next = 0
  let star = -1
  let starNext = 0
  while (next < characters.length) {
    const symbol = symbols[at]
    if (symbol === anyRun) {
      star = at
      starNext = next
      at += 1
    } else if (symbol === anyOne || symbol === characters[next]) {
      at += 1
      next += 1
    } else if (star === -1) {
      return false
    } else {
      starNext += 1
      at = star + 1
      next = starNext
    }
  }
  while (symbols[at] === anyRun) at += 1
  return at === symbols.length
}

/** Whether the template, which has no variables, matches the text. */
export function matchesTemplate({ fixed }: Template, text: string): boolean {
  return fixed !== undefined && matchesSymbols(fixed, text)
}
