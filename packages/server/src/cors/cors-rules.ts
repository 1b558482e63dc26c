import type { CorsConfiguration, CorsRule } from '@stowage/protocol'

import type { ServerCors } from '../options.ts'

const methods: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD'])

const maxRules = 100
const maxValues = 100
/** Tokens of RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/
/** Visible ASCII: a value goes back into a header. */
const visible = /^[!-~]{1,2048}$/

/** What is wrong with a configuration, as a sentence; undefined when nothing is. */
export function corsProblem({ rules }: CorsConfiguration): string | undefined {
  if (rules.length === 0 || rules.length > maxRules) return 'There must be 1 to 100 rules.'
  for (const rule of rules) {
    const problem = ruleProblem(rule)
    if (problem !== undefined) return problem
  }
  return undefined
}

function ruleProblem(rule: CorsRule): string | undefined {
  const { allowedOrigins, allowedMethods, allowedHeaders = [], exposeHeaders = [], id = '' } = rule
  if (allowedOrigins.length === 0) return 'A rule needs an AllowedOrigin.'
  if (allowedMethods.length === 0) return 'A rule needs an AllowedMethod.'
  if (id.length > 255) return 'An ID has at most 255 characters.'
  const lists = [allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders]
  if (lists.some((list) => list.length > maxValues))
    return 'A rule has at most 100 values of a kind.'
  const origin = allowedOrigins.find((value) => !visible.test(value) || stars(value) > 1)
  if (origin !== undefined) return `AllowedOrigin ${origin} must hold at most one *.`
  const method = allowedMethods.find((value) => !methods.has(value))
  if (method !== undefined) return `Found unsupported HTTP method in CORS config: ${method}.`
  const header = allowedHeaders.find((value) => !token.test(value) || stars(value) > 1)
  if (header !== undefined) return `AllowedHeader ${header} must be a name with at most one *.`
  const exposed = exposeHeaders.find((value) => !token.test(value) || stars(value) > 0)
  if (exposed !== undefined) return `ExposeHeader ${exposed} must be a name without *.`
  return undefined
}

function stars(value: string): number {
  return value.split('*').length - 1
}

/** @throws TypeError for rules that no bucket could have either */
export function serverRules(cors: ServerCors | undefined): readonly CorsRule[] {
  if (cors === undefined) return []
  const rule: CorsRule = {
    allowedOrigins: cors.allowedOrigins,
    allowedMethods: cors.allowedMethods ?? [...methods],
    allowedHeaders: cors.allowedHeaders ?? ['*'],
    exposeHeaders: cors.exposeHeaders ?? [],
    maxAgeSeconds: cors.maxAgeSeconds,
  }
  const { maxAgeSeconds = 0 } = rule
  const problem =
    Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0
      ? ruleProblem(rule)
      : 'maxAgeSeconds must be a whole number.'
  if (problem !== undefined) throw new TypeError(`cors: ${problem}`)
  return [rule]
}

/** What a browser asks about. */
export interface CorsQuestion {
  readonly origin: string
  readonly method: string
  /** The headers that a preflight announces, in lower case. */
  readonly headers: readonly string[]
}

/** A rule that allows a request, and the origin in it that does. */
export interface CorsMatch {
  readonly rule: CorsRule
  readonly allowedOrigin: string
}

/** The first rule that allows it all, as on S3. */
export function matchCors(
  rules: readonly CorsRule[],
  { origin, method, headers }: CorsQuestion,
): CorsMatch | undefined {
  for (const rule of rules) {
    if (!rule.allowedMethods.includes(method)) continue
    const allowedOrigin = rule.allowedOrigins.find((pattern) => matchesOneStar(pattern, origin))
    if (allowedOrigin === undefined) continue
    const patterns = rule.allowedHeaders?.map((pattern) => pattern.toLowerCase()) ?? []
    const allHeaders = headers.every((name) =>
      patterns.some((pattern) => matchesOneStar(pattern, name)),
    )
    if (allHeaders) return { rule, allowedOrigin }
  }
  return undefined
}

function matchesOneStar(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star === -1) return pattern === text
  return (
    text.length >= pattern.length - 1 &&
    text.startsWith(pattern.slice(0, star)) &&
    text.endsWith(pattern.slice(star + 1))
  )
}
