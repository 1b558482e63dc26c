import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { likeMatcher } from '../../src/select/query/like.ts'
import { Decimal } from '../../src/select/values/decimal.ts'
import { compareNumeric, parseNumeric } from '../../src/select/values/numeric.ts'
import { compareTexts } from '../../src/select/values/value.ts'
import { select } from './support.ts'

describe('LIKE', () => {
  /** By the definition, character by character. */
  function matches(text: readonly string[], pattern: readonly string[]): boolean {
    const [first, ...rest] = pattern
    if (first === undefined) return text.length === 0
    if (first === '%') {
      return text.some((_, at) => matches(text.slice(at), rest)) || matches([], rest)
    }
    const [character, ...more] = text
    return character !== undefined && (first === '_' || first === character) && matches(more, rest)
  }

  test('agrees with its definition', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '😁'), maxLength: 9 })
    const pattern = fc.string({
      unit: fc.constantFrom('a', 'b', '😀', '_', '%'),
      maxLength: 7,
    })
    fc.assert(
      fc.property(text, pattern, (subject, wanted) => {
        const expected = matches(Array.from(subject), Array.from(wanted))
        expect(likeMatcher(wanted, undefined)(subject)).toBe(expected)
      }),
      { seed: 17, numRuns: 3000 },
    )
  })

  test('long stretches are found as well', () => {
    const long = 'ab'.repeat(50)
    const matcher = likeMatcher(`%${long}c%`, undefined)
    expect(matcher(`${'ab'.repeat(500)}c`)).toBe(true)
    expect(matcher(`${'ab'.repeat(500)}d`)).toBe(false)
    expect(matcher(`x${long}${long}cx`)).toBe(true)
  })

  test('takes no more time for hard patterns', () => {
    const text = 'a'.repeat(1_000_000)
    const started = performance.now()
    expect(likeMatcher(`%${'a%'.repeat(60_000)}b`, undefined)(text)).toBe(false)
    expect(likeMatcher(`%${'a'.repeat(100_000)}b%`, undefined)(text)).toBe(false)
    expect(likeMatcher(`%b${'a'.repeat(100_000)}%`, undefined)(text)).toBe(false)
    expect(likeMatcher('%a_a_a_a_a_a_a_b%', undefined)(text)).toBe(false)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(() => likeMatcher(`%${'a_'.repeat(200)}%`, undefined)).toThrow('LikeInvalidInputs')
    expect(likeMatcher(`%${'_%'.repeat(4096)}`, undefined)('a'.repeat(4096))).toBe(true)
    expect(() => likeMatcher(`%${'_%'.repeat(4097)}`, undefined)).toThrow('LikeInvalidInputs')
  })
})

describe('numbers', () => {
  test('decimals add and multiply like integers of cents', () => {
    const cents = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })
    fc.assert(
      fc.property(cents, cents, (first, second) => {
        const left = new Decimal(first, 2)
        const right = new Decimal(second, 2)
        expect(left.add(right)).toEqual(new Decimal(first + second, 2))
        expect(left.multiply(right)).toEqual(new Decimal(first * second, 4))
        expect(Math.sign(left.compare(right))).toBe(first < second ? -1 : first > second ? 1 : 0)
        expect(Decimal.parse(left.toString())).toEqual(left)
      }),
      { seed: 19 },
    )
  })

  test.each([
    ['10', '4', '2.5'],
    ['1', '3', `0.${'3'.repeat(38)}`],
    ['-2', '3', `-0.${'6'.repeat(37)}7`],
    ['1', '8', '0.125'],
    ['1.00', '8', '0.125'],
    ['6.00', '2', '3.00'],
    ['0.00', '7', '0.00'],
    ['100', '0.5', '200'],
    ['0.0001', '1000', '0.0000001'],
  ])('%s / %s is %s', (left, right, quotient) => {
    expect(Decimal.parse(left).divide(Decimal.parse(right)).toString()).toBe(quotient)
  })

  test.each([
    ['12', 12n],
    [' +12\t', 12n],
    ['-0', 0n],
    ['007', 7n],
    ['9223372036854775808', new Decimal(9_223_372_036_854_775_808n, 0)],
    ['1.50', new Decimal(150n, 2)],
    ['.5', new Decimal(5n, 1)],
    ['-.5', new Decimal(-5n, 1)],
    ['5.', new Decimal(5n, 0)],
    ['1e3', 1000],
    ['1E-2', 0.01],
    ['', undefined],
    [' ', undefined],
    ['.', undefined],
    ['0x10', undefined],
    ['1_000', undefined],
    ['1e', undefined],
    ['Infinity', undefined],
    ['NaN', undefined],
    ['1e999', undefined],
    ['--1', undefined],
  ])('%j is the number %s', (text, number) => {
    expect(parseNumeric(text)).toEqual(number)
  })

  test('different kinds compare by what they are worth', () => {
    expect(compareNumeric(2n, new Decimal(20n, 1))).toBe(0)
    expect(compareNumeric(2.5, new Decimal(25n, 1))).toBe(0)
    expect(compareNumeric(9_007_199_254_740_993n, new Decimal(9_007_199_254_740_992n, 0))).toBe(1)
    expect(compareNumeric(1n, 1.5)).toBeLessThan(0)
  })
})

test('texts are ordered as their bytes are', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'é', '\ufffd', '😀') }),
      fc.string({ unit: fc.constantFrom('a', 'é', '\ufffd', '😀') }),
      (left, right) => {
        const expected = Buffer.compare(Buffer.from(left), Buffer.from(right))
        expect(Math.sign(compareTexts(left, right))).toBe(expected)
      },
    ),
    { seed: 23 },
  )
})

/** The examples of the SQL reference, date functions; two of them contradict its own rules. */
test.each([
  ['DATE_ADD(year, 5, `2010-01-01T`)', '2015-01-01T'],
  ['DATE_ADD(month, 1, `2010T`)', '2010-02T'],
  ['DATE_ADD(month, 13, `2010T`)', '2011-02T'],
  ['DATE_ADD(month, -1, `2024-03-31T`)', '2024-02-29T'],
  ['DATE_ADD(day, -1, `2017-01-10T`)', '2017-01-09T'],
  ['DATE_ADD(hour, 1, `2017T`)', '2017-01-01T01:00-00:00'],
  ['DATE_ADD(hour, 1, `2017-01-02T03:04Z`)', '2017-01-02T04:04Z'],
  ['DATE_ADD(minute, 1, `2017-01-02T03:04:05.006Z`)', '2017-01-02T03:05:05.006Z'],
  ['DATE_ADD(second, 1, `2017-01-02T03:04:05.006Z`)', '2017-01-02T03:04:06.006Z'],
  ['DATE_DIFF(year, `2010-01-01T`, `2011-01-01T`)', '1'],
  ['DATE_DIFF(month, `2010T`, `2010-05T`)', '4'],
  ['DATE_DIFF(month, `2010T`, `2011T`)', '12'],
  ['DATE_DIFF(month, `2011T`, `2010T`)', '-12'],
  ['DATE_DIFF(month, `2010-01-31T`, `2010-02-28T`)', '0'],
  ['DATE_DIFF(day, `2010-01-01T23:00`, `2010-01-02T01:00`)', '0'],
  ['DATE_DIFF(hour, `2010-01-01T23:00Z`, `2010-01-02T01:00+01:00`)', '1'],
  ['EXTRACT(YEAR FROM `2010-01-01T`)', '2010'],
  ['EXTRACT(MONTH FROM `2010T`)', '1'],
  ['EXTRACT(HOUR FROM `2017-01-02T03:04:05+07:08`)', '3'],
  ['EXTRACT(MINUTE FROM `2017-01-02T03:04:05+07:08`)', '4'],
  ['EXTRACT(TIMEZONE_HOUR FROM `2017-01-02T03:04:05+07:08`)', '7'],
  ['EXTRACT(TIMEZONE_MINUTE FROM `2017-01-02T03:04:05+07:08`)', '8'],
  ['EXTRACT(TIMEZONE_MINUTE FROM `2017-01-02T03:04:05-00:30`)', '-30'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y')", 'July 20, 1969'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MMM d, yyyy')", 'Jul 20, 1969'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'M-d-yy')", '7-20-69'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MM-d-y')", '07-20-1969'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y h:m a')", 'July 20, 1969 8:18 PM'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'y-MM-dd''T''H:m:ssX')", '1969-07-20T20:18:00Z'],
  ["TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssX')", '1969-07-20T20:18:00+08'],
  ["TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssXXXX')", '1969-07-20T20:18:00+0800'],
  ["TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssXXXXX')", '1969-07-20T20:18:00+08:00'],
  ["TO_STRING(`1969-07-20T00:08:09.12Z`, 'hh:mm:ss.SSS n x')", '12:08:09.120 120000000 +00'],
  ["TO_TIMESTAMP('2007T')", '2007T'],
  ["TO_TIMESTAMP('2007-02-23T12:14:33.079-08:00')", '2007-02-23T12:14:33.079-08:00'],
  ['UTCNOW()', '2024-06-01T12:30:45.250Z'],
  ["CAST('2007-04-05T14:30Z' AS TIMESTAMP)", '2007-04-05T14:30Z'],
  ["`2007-04-05T14:30Z` = '2007-04-05T16:30+02:00'", 'true'],
  ['`2024T` < `2024-01-01T00:00:00.001Z`', 'true'],
])('%s is %s', async (expression, expected) => {
  const { text } = await select('x\n', {
    sql: `SELECT ${expression} FROM S3Object`,
    output: { csv: { fieldDelimiter: ';' } },
  })
  expect(text).toBe(`${expected}\n`)
})

describe('what is not known', () => {
  test.each([
    ['NULL AND false', 'false'],
    ['NULL AND true', ''],
    ['NULL OR true', 'true'],
    ['NULL OR false', ''],
    ['NOT NULL', ''],
    ['NULL = 1', ''],
    ['MISSING IS NULL', 'true'],
    ['NULL IS MISSING', 'false'],
    ['MISSING IS NOT MISSING', 'false'],
    ['NULL + 1', ''],
    ["NULL || 'a'", ''],
    ['1 BETWEEN NULL AND 0', 'false'],
    ['1 BETWEEN NULL AND 2', ''],
    ['1 IN (2, NULL)', ''],
    ['LOWER(NULL)', ''],
    ['CAST(NULL AS INT)', ''],
    ["'a' LIKE NULL", ''],
    ["'abc' = 5", 'false'],
    ["'abc' <> 5", 'true'],
    ["'abc' < 5", ''],
    ["'5.0' = 5", 'true'],
    ["'' = 0", 'false'],
    ["'TRUE' = true", 'true'],
    ['CASE WHEN NULL THEN 1 END', ''],
  ])('%s', async (expression, expected) => {
    const { text } = await select('x\n', `SELECT ${expression} FROM S3Object`)
    expect(text).toBe(`${expected}\n`)
  })
})
