import { describe, expect, it } from 'vitest'
import { InvalidResponseError } from '../../src/errors.ts'
import { LineSplitter } from '../../src/results/line-splitter.ts'

const splitter = (delimiter = '\n', maxLineBytes = 1000): LineSplitter =>
  new LineSplitter({ operation: 'Test', delimiter, maxLineBytes })

/** What comes out when the bytes are cut at these places. */
function cutAt(bytes: Buffer, delimiter: string, ...places: readonly number[]): string[] {
  const lines = splitter(delimiter)
  const edges = [0, ...places, bytes.length]
  const out: string[] = []
  for (let i = 1; i < edges.length; i++) {
    out.push(...lines.push(bytes.subarray(edges[i - 1], edges[i])))
  }
  return [...out, lines.end()]
}

describe('LineSplitter', () => {
  it.each(['\n', '\r\n', '\u2028', '--'])(
    'gives the same lines wherever %j is cut',
    (delimiter) => {
      const lines = ['', 'größe', '€', '', 'x'.repeat(70), '😀', 'rest']
      const bytes = Buffer.from(lines.join(delimiter), 'utf8')
      for (let first = 0; first <= bytes.length; first++) {
        for (let second = first; second <= bytes.length; second += 7) {
          expect(cutAt(bytes, delimiter, first, second)).toEqual(lines)
        }
      }
    },
  )

  it('refuses a line that is too long, whether its end has come or not', () => {
    const whole = splitter('\n', 4)
    expect(whole.push(Buffer.from('1234\n12345\nx\n'))).toEqual(['1234'])
    expect(() => whole.push(Buffer.alloc(0))).toThrow(InvalidResponseError)
    const open = splitter('\n', 4)
    open.push(Buffer.from('123'))
    expect(() => open.push(Buffer.from('4567'))).toThrow(InvalidResponseError)
    expect(() => open.end()).toThrow(InvalidResponseError)
  })
})
