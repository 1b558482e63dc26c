import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { matchesTemplate, parseTemplate } from '../../src/policy/template.ts'
import { like } from './reference-evaluator.ts'

function matches(pattern: string, text: string): boolean {
  const template = parseTemplate(pattern, { wildcards: true, isVariable: undefined })
  return matchesTemplate(template, text) === true
}

describe('a pattern', () => {
  it('matches as one that tries everything', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 })
    fc.assert(
      fc.property(pattern, text, (one, other) => {
        expect(matches(one, other)).toBe(like(one, other))
      }),
      { seed: 5, numRuns: 3000 },
    )
  })

  it('takes no longer for what makes a regular expression try for ever', () => {
    const began = performance.now()
    expect(matches(`${'a*'.repeat(500)}b`, 'a'.repeat(1000))).toBe(false)
    expect(matches(`${'*?'.repeat(500)}b`, 'a'.repeat(1000))).toBe(false)
    expect(performance.now() - began).toBeLessThan(1000)
  })

  it('reads a brace without a dollar as itself', () => {
    expect(matches('{a}*', '{a}b')).toBe(true)
    expect(matches('$a', '$a')).toBe(true)
  })
})
