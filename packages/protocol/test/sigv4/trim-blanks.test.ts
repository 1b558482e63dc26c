import { describe, expect, it } from 'vitest'

import { ChunkedDecoder, ChunkedError } from '../../src/sigv4/chunked-decoder.ts'
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

describe('trailing headers', () => {
  const read = (line: string): unknown => {
    const decoder = new ChunkedDecoder({ trailer: true })
    decoder.push(Buffer.from(`0\r\n${line}\r\n\r\n`, 'latin1'))
    return [...decoder.end()]
  }

  it('lose the blanks around their values, and none within', () => {
    expect(read('A: \t b \t c \t ')).toEqual([['a', 'b \t c']])
    expect(read('a:')).toEqual([['a', '']])
    expect(read('a:\u00a0b\u00a0')).toEqual([['a', '\u00a0b\u00a0']])
  })

  it.each(['a:b\rc', 'a b:c', ':b', 'a'])('are refused as %j', (line) => {
    expect(() => read(line)).toThrow(ChunkedError)
  })
})
