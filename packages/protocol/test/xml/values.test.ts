import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseIsoDate } from '../../src/headers/dates.ts'
import { decodeXml, encodeXml, type XmlDocument } from '../../src/xml/shape.ts'
import {
  boolean,
  etag,
  integer,
  isoDate,
  listOf,
  oneOf,
  record,
  text,
  type XmlValue,
} from '../../src/xml/values.ts'
import { XmlError } from '../../src/xml/xml-error.ts'

function documentOf<T>(value: XmlValue<T>): XmlDocument<T> {
  return { root: 'a', value }
}

function read<T>(value: XmlValue<T>, content: string): T {
  return decodeXml(documentOf(value), `<a>${content}</a>`)
}

function written<T>(value: XmlValue<T>, item: T): string {
  return encodeXml(documentOf(value), item).split('\n')[1] ?? ''
}

describe('integer', () => {
  test('whole numbers up to 2^53 - 1', () => {
    const numbers = { '0': 0, '007': 7, '5497558138880': 5497558138880 }
    for (const [source, value] of Object.entries(numbers)) expect(read(integer, source)).toBe(value)
    expect(read(integer, '9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
  })

  const bad = [
    ['', ' ', ' 5', '5 ', '-1', '+1', '1.0', '1e3', '1e400', '0x10', 'NaN', 'Infinity', '٣'],
    ['9007199254740992', '9007199254740993', '99999999999999999', '0'.repeat(17), '1_0', '1,0'],
  ].flat()
  test.each(bad)('%j is refused', (source) => {
    expect(() => read(integer, source)).toThrow(XmlError)
  })

  test('what is no whole number is not written', () => {
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => written(integer, value)).toThrow(RangeError)
    }
  })
})

test('boolean', () => {
  for (const source of ['true', 'True', 'TRUE']) expect(read(boolean, source)).toBe(true)
  for (const source of ['false', 'False', 'FALSE']) expect(read(boolean, source)).toBe(false)
  for (const source of ['', '1', 'yes', 'tRUE', ' true', 'constructor']) {
    expect(() => read(boolean, source)).toThrow(XmlError)
  }
  expect(written(boolean, true)).toBe('<a>true</a>')
})

test('etag', () => {
  const etags: readonly (readonly [source: string, value: string])[] = [
    ['&quot;d41d8cd9-2&quot;', 'd41d8cd9-2'],
    ['"d41d8cd9"', 'd41d8cd9'],
    ['W/"d41d8cd9"', 'd41d8cd9'],
    ['&#34;d41d8cd9&#34;', 'd41d8cd9'],
    ['&quot;d41d8cd9&#34;', 'd41d8cd9'],
    ['&quot;d41d8cd9&#x41;', '"d41d8cd9A'],
    ['&quot;d41d8cd9&quot;&quot;', 'd41d8cd9"'],
    ['&quot;opaque &amp; odd&quot;', 'opaque & odd'],
    ['d41d8cd9', 'd41d8cd9'],
    ['""', ''],
    ['', ''],
    ['"', '"'],
    ['"a', '"a'],
    ['W/"', 'W/"'],
    ['W/a', 'W/a'],
  ]
  for (const [source, value] of etags) expect(read(etag, source), source).toBe(value)
  expect(written(etag, 'd41d8cd9')).toBe('<a>&quot;d41d8cd9&quot;</a>')
})

describe('dates', () => {
  const dates: readonly (readonly [source: string, iso: string])[] = [
    ['2024-02-29T12:34:56Z', '2024-02-29T12:34:56.000Z'],
    ['2024-02-29T12:34:56.7Z', '2024-02-29T12:34:56.700Z'],
    ['2024-02-29T12:34:56.078Z', '2024-02-29T12:34:56.078Z'],
    ['2024-02-29T12:34:56.123456789Z', '2024-02-29T12:34:56.123Z'],
    ['2024-02-29T01:34:56.999999999+09:00', '2024-02-28T16:34:56.999Z'],
    ['2024-02-29T23:34:56-01:30', '2024-03-01T01:04:56.000Z'],
    ['2000-02-29T00:00:00+00:00', '2000-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['0004-02-29T00:00:00.5Z', '0004-02-29T00:00:00.500Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ]
  test.each(dates)('%s', (source, iso) => {
    expect(parseIsoDate(source)?.toISOString()).toBe(iso)
  })

  const bad = [
    ['', 'Infinity', '2024', '2024-02-29', '2024-02-29T12:34:56', '2024-02-29 12:34:56Z'],
    ['2023-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2024-02-30T00:00:00Z'],
    ['2024-04-31T00:00:00Z', '2024-00-01T00:00:00Z', '2024-13-01T00:00:00Z'],
    ['2024-01-00T00:00:00Z', '2024-01-01T24:00:00Z', '2024-01-01T00:60:00Z'],
    ['2016-12-31T23:59:60Z', '2024-01-01T00:00:00.Z', '2024-01-01T00:00:00.1234567890Z'],
    ['2024-01-01T00:00:00z', '2024-01-01T00:00:00ZZ', ' 2024-01-01T00:00:00Z'],
    ['2024-01-01T00:00:00Z ', '2024-01-01T00:00:00+9:00', '2024-01-01T00:00:00+0900'],
    ['2024-01-01T00:00:00+24:00', '2024-01-01T00:00:00+00:60', '2024-01-01T00:00:00+00:0'],
    ['+02024-01-01T00:00:00Z', '2024-01-01T0a:00:00Z', '٢٠٢٤-01-01T00:00:00Z'],
    ['Thu, 29 Feb 2024 12:34:56 GMT', '20240229T123456Z', '2024-1--01T00:00:00Z'],
  ].flat()
  test.each(bad)('%j is refused', (source) => {
    expect(parseIsoDate(source)).toBeUndefined()
    expect(() => read(isoDate, source)).toThrow(XmlError)
  })

  test('of all years are read as Date reads them', () => {
    const range = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') }
    fc.assert(
      fc.property(fc.date({ ...range, noInvalidDate: true }), (date) => {
        expect(parseIsoDate(date.toISOString())).toEqual(date)
      }),
      { seed: 8, numRuns: 2000 },
    )
  })

  test('are written in UTC with milliseconds; invalid ones are not', () => {
    expect(written(isoDate, new Date(0))).toBe('<a>1970-01-01T00:00:00.000Z</a>')
    expect(() => written(isoDate, new Date(Number.NaN))).toThrow(RangeError)
  })
})

test('oneOf', () => {
  const status = oneOf('Enabled', 'Suspended')
  expect(read(status, 'Enabled')).toBe('Enabled')
  for (const source of ['', 'enabled', 'Enabled ']) {
    expect(() => read(status, source)).toThrow(XmlError)
  }
})

test('record takes names that objects have of themselves', () => {
  const source = '<__proto__>1</__proto__><constructor>2</constructor><x:b>3</x:b><b>4</b><c/>'
  const value = read(record, source)
  expect(Object.getPrototypeOf(value)).toBeNull()
  expect(Object.entries(value)).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
    ['b', '4'],
    ['c', ''],
  ])
  expect(written(record, { 'a-b': '<', 'no name': '1', '': '2', '1': '3' })).toBe(
    '<a><a-b>&lt;</a-b></a>',
  )
})

test('listOf is always an array and passes over other elements', () => {
  const list = listOf('b', text)
  expect(read(list, '')).toEqual([])
  expect(read(list, '<b/>')).toEqual([''])
  expect(read(list, '<b>1</b><c><b>2</b></c> <b>3</b>')).toEqual(['1', '3'])
  expect(written(list, ['1', '2'])).toBe('<a><b>1</b><b>2</b></a>')
})
