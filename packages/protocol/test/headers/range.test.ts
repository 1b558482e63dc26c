import { describe, expect, it } from 'vitest'
import {
  formatContentRange,
  formatRange,
  parseContentRange,
  parseRange,
} from '../../src/headers/range.ts'

describe('formatRange', () => {
  it.each([
    [{}, undefined],
    [{ offset: 0 }, undefined],
    [{ offset: 0, length: 0 }, undefined],
    [{ offset: 5 }, 'bytes=5-'],
    [{ offset: 5, length: 0 }, 'bytes=5-'],
    [{ offset: 5, length: 1 }, 'bytes=5-5'],
    [{ length: 10 }, 'bytes=0-9'],
    [{ suffixLength: 7 }, 'bytes=-7'],
    [{ offset: undefined, length: undefined, suffixLength: 7 }, 'bytes=-7'],
  ])('writes %j', (range, header) => {
    expect(formatRange(range)).toBe(header)
  })

  it.each([
    { offset: -1 },
    { offset: 0.5 },
    { offset: Number.NaN },
    { offset: Number.POSITIVE_INFINITY },
    { length: -1 },
    { length: 1.5 },
    { offset: Number.MAX_SAFE_INTEGER, length: 2 },
    { suffixLength: 0 },
    { suffixLength: -1 },
    { suffixLength: 1, offset: 1 },
    { suffixLength: 1, length: 1 },
  ])('refuses %j', (range) => {
    expect(() => formatRange(range)).toThrow(RangeError)
  })
})

describe('parseRange', () => {
  it.each([
    ['bytes=0-4', { start: 0, end: 4 }],
    ['Bytes=0-4', { start: 0, end: 4 }],
    ['bytes=9-9', { start: 9, end: 9 }],
    ['bytes=5-', { start: 5, end: 9 }],
    ['bytes=5-100', { start: 5, end: 9 }],
    ['bytes=5-99999999999999999999999', { start: 5, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-100', { start: 0, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=10-20', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', 'ignored'],
    ['bytes=20-10', 'ignored'],
    ['bytes=-', 'ignored'],
    ['bytes=', 'ignored'],
    ['bytes=0-1,3-4', 'ignored'],
    ['bytes=+1-2', 'ignored'],
    ['bytes=1e3-', 'ignored'],
    ['bytes=0x1-2', 'ignored'],
    ['bytes=0 - 4', 'ignored'],
    ['items=0-4', 'ignored'],
    ['0-4', 'ignored'],
    ['', 'ignored'],
  ] as const)('applies %s to ten bytes', (header, result) => {
    expect(parseRange(header, 10)).toEqual(result)
  })

  it.each(['bytes=0-', 'bytes=0-0', 'bytes=-1'])(
    'finds nothing in an empty object: %s',
    (header) => {
      expect(parseRange(header, 0)).toBe('unsatisfiable')
    },
  )
})

describe('Content-Range', () => {
  it('reads and writes', () => {
    expect(parseContentRange('bytes 0-4/10')).toEqual({ start: 0, end: 4, sizeBytes: 10 })
    expect(parseContentRange('bytes 0-4/*')).toEqual({ start: 0, end: 4, sizeBytes: undefined })
    expect(formatContentRange({ start: 0, end: 4 }, 10)).toBe('bytes 0-4/10')
    expect(formatContentRange(undefined, 10)).toBe('bytes */10')
  })

  it.each([
    'bytes */10',
    'bytes 4-3/10',
    'bytes 0-10/10',
    'bytes 0-4',
    'bytes=0-4/10',
    'bytes 0-9007199254740992/*',
    'bytes 0-4/9007199254740992',
    'bytes -4/10',
    '',
  ])('refuses %s', (header) => {
    expect(parseContentRange(header)).toBeUndefined()
  })
})
