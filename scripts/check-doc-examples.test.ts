import { readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, test } from 'vitest'

import { packageSources, readExamples } from './check-doc-examples.mjs'

const source = `
/**
 * First.
 *
 * @example with a title
 * text before
 * \`\`\`ts
 * const one = 1
 *
 *   indented(one)
 * \`\`\`
 * @returns nothing
 */
export function first(): void {}

/**
 * @example
 * second(2) // 'two'
 * @throws never
 */
`

test('readExamples finds fenced and bare code, with its line', () => {
  expect(readExamples('a.ts', source)).toEqual([
    { file: 'a.ts', line: 8, code: 'const one = 1\n\n  indented(one)' },
    { file: 'a.ts', line: 18, code: "second(2) // 'two'" },
  ])
})

/** `expression // value`, the form in which an example shows what comes out. */
const shownValue =
  /^(?<expression>\S.*?) +\/\/ (?<value>undefined|true|false|null|-?\d[\d.]*|'.*'|\[.*\])$/

interface Claim {
  readonly file: string
  readonly line: number
  readonly expression: string
  readonly value: string
}

/** What examples that consist of such lines alone claim. */
function claimsIn(file: string): Claim[] {
  return readExamples(file, readFileSync(file, 'utf8')).flatMap(({ line, code }) => {
    const lines = code.split('\n').map((text) => shownValue.exec(text)?.groups)
    return lines.flatMap((groups, index) => {
      const { expression, value } = groups ?? {}
      if (expression === undefined || value === undefined || !lines.every(Boolean)) return []
      return [{ file, line: line + index, expression, value }]
    })
  })
}

/** The value of an expression in which the exports of a module stand for themselves. */
function evaluate(expression: string, scope: Readonly<Record<string, unknown>>): unknown {
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval, typescript/no-unsafe-call -- the text is our own source
  const result: unknown = new Function(...Object.keys(scope), `return (${expression})`)(
    ...Object.values(scope),
  )
  return result
}

describe('the values that doc comments show', () => {
  const claims = packageSources().flatMap(claimsIn)
  test.each(claims)('$file:$line $expression', async ({ file, expression, value }) => {
    const scope = (await import(path.resolve(file))) as Record<string, unknown>
    expect(evaluate(expression, scope)).toEqual(evaluate(value, {}))
  })
})
