import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amzDate, formatIsoDate, parseAmzDate, parseIsoDate } from '../../src/headers/dates.ts'
import { formatHttpDate, parseHttpDate } from '../../src/headers/http-date.ts'

const seeded = { seed: 20261123, numRuns: 300 }
const invalidDate = new Date(Number.NaN)
const anyDate = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})

describe('ISO 8601', () => {
  it.each([
    ['2009-10-12T17:50:30.000Z', '2009-10-12T17:50:30.000Z'],
    ['2009-10-12T17:50:30Z', '2009-10-12T17:50:30.000Z'],
    ['2009-10-12T17:50:30.1Z', '2009-10-12T17:50:30.100Z'],
    ['2009-10-12T17:50:30.12Z', '2009-10-12T17:50:30.120Z'],
    ['2009-10-12T17:50:30.123456789Z', '2009-10-12T17:50:30.123Z'],
    ['2009-10-12T17:50:30.999999999Z', '2009-10-12T17:50:30.999Z'],
    ['2009-10-12T17:50:30+09:00', '2009-10-12T08:50:30.000Z'],
    ['2009-10-12T17:50:30.500-03:30', '2009-10-12T21:20:30.500Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['0099-12-31T00:00:00Z', '0099-12-31T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s', (text, iso) => {
    expect(parseIsoDate(text)?.toISOString()).toBe(iso)
  })

  it.each([
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2016-12-31T23:59:60Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '0000-01-01T00:00:00Z',
    '+12024-01-01T00:00:00Z',
    '2024-01-01T00:00:00',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00.1234567890Z',
    '2024-01-01T00:00:00,000Z',
    '2024-01-01T00:00:00.000z',
    '2024-01-01t00:00:00.000Z',
    '2024-01-01 00:00:00.000Z',
    '2024-01-01T00:00:00.000ZZ',
    ' 2024-01-01T00:00:00.000Z',
    '2024-01-01T00:00:00.000Z ',
    '2024-01-01T00:00:00.000+0900',
    '2024-01-01T00:00:00.000+24:00',
    '2024-01-01T00:00:00.000+09:60',
    '2024-01-01T00:00:00.000+09:00Z',
    '2024-1-01T00:00:00.000Z',
    '2024-01-01T00:00:-1.000Z',
    '2024-01-01T00:00:00.-10Z',
    '٢٠٢٤-01-01T00:00:00.000Z',
    '2024-01-01',
    'Infinity',
    'NaN',
    '1704067200',
    '',
  ])('refuses %j', (text) => {
    expect(parseIsoDate(text)).toBeUndefined()
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(anyDate, (date) => {
        expect(parseIsoDate(formatIsoDate(date))).toEqual(date)
      }),
      seeded,
    )
  })

  it('never gives an invalid Date', () => {
    const nearly = fc
      .tuple(fc.constant('2024-01-01T00:00:00.000Z'), fc.nat(23), fc.string({ maxLength: 3 }))
      .map(([text, index, patch]) => text.slice(0, index) + patch + text.slice(index + 1))
    fc.assert(
      fc.property(nearly, (text) => {
        const date = parseIsoDate(text)
        expect(date === undefined || Number.isFinite(date.getTime())).toBe(true)
      }),
      seeded,
    )
  })

  it('does not write an invalid Date', () => {
    expect(() => formatIsoDate(invalidDate)).toThrow(RangeError)
    expect(() => amzDate(invalidDate)).toThrow(RangeError)
    expect(() => formatHttpDate(invalidDate)).toThrow(RangeError)
  })
})

describe('x-amz-date', () => {
  it('writes and reads the date of the SigV4 examples', () => {
    expect(amzDate(new Date('2013-05-24T00:00:00.000Z'))).toBe('20130524T000000Z')
    expect(amzDate(new Date('2013-05-24T21:22:23.999Z'))).toBe('20130524T212223Z')
    expect(parseAmzDate('20130524T212223Z')?.toISOString()).toBe('2013-05-24T21:22:23.000Z')
  })

  it.each([
    '20130524T000000',
    '20130524 000000Z',
    '20130230T000000Z',
    '20130524T240000Z',
    '20130524T000000ZZ',
    '2013-05-24T00:00:00Z',
    '2013052aT000000Z',
    '',
  ])('refuses %j', (text) => {
    expect(parseAmzDate(text)).toBeUndefined()
  })
})

describe('HTTP dates', () => {
  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ])('reads %s', (text) => {
    expect(parseHttpDate(text)?.getTime()).toBe(784_111_777_000)
  })

  it('puts two-digit years around the epoch', () => {
    expect(parseHttpDate('Thursday, 01-Jan-70 00:00:00 GMT')?.getUTCFullYear()).toBe(1970)
    expect(parseHttpDate('Tuesday, 01-Jan-69 00:00:00 GMT')?.getUTCFullYear()).toBe(2069)
    expect(parseHttpDate('Saturday, 01-Jan-00 00:00:00 GMT')?.getUTCFullYear()).toBe(2000)
  })

  it.each([
    'Sun, 30 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:60 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 06 Nov 1994 08:49:37',
    'Xyz, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nox 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    '06 Nov 1994 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun Nov 00 08:49:37 1994',
    '0',
    'Infinity',
    '',
  ])('refuses %j', (text) => {
    expect(parseHttpDate(text)).toBeUndefined()
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(anyDate, (date) => {
        const whole = new Date(Math.floor(date.getTime() / 1000) * 1000)
        expect(parseHttpDate(formatHttpDate(whole))).toEqual(whole)
      }),
      seeded,
    )
  })
})
