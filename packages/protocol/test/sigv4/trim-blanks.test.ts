import { describe, expect, it } from 'vitest'

import { canonicalHeaderValue } from '../../src/sigv4/canonical.ts'
import { trimBlanks } from '../../src/sigv4/trim-blanks.ts'

describe('trimBlanks', () => {
  it.each([
    ['', ''],
    [' \t\r\n', ''],
    ['  a b\t', 'a b'],
    ['\u00a0a\u00a0', '\u00a0a\u00a0'],
    ['\u000ba\u000c', '\u000ba\u000c'],
  ])('makes of %j %j', (value, trimmed) => {
    expect(trimBlanks(value)).toBe(trimmed)
  })

  it('takes time in proportion to the value, which nobody has signed yet', () => {
    const value = `a${'\t'.repeat(1_000_000)}b`
    const begin = performance.now()
    expect(canonicalHeaderValue(value)).toBe(value)
    // Quadratic time would be minutes.
    expect(performance.now() - begin).toBeLessThan(2000)
  })
})
