import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listObjectsV2Document } from '../../src/documents/list-objects-v2.ts'
import {
  decodeUrlEncoded,
  decodeUrlText,
  encodeUrlEncoded,
  encodeUrlText,
} from '../../src/documents/url-encoding.ts'
import { decodeXml } from '../../src/xml/shape.ts'
import { minioListObjectsV2 } from './answers.ts'

describe('decodeUrlText', () => {
  const texts: readonly (readonly [encoded: string, text: string])[] = [
    ['', ''],
    ['plain/key', 'plain/key'],
    ['a+b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['a%2bb%20c', 'a+b c'],
    ['%E8%AA%9E%F0%9F%98%80', '語😀'],
    ['%01%00', '\u0001\u0000'],
    ['%252B', '%2B'],
    ['100%', '100%'],
    ['%zz+%41', '%zz A'],
    ['%4', '%4'],
    ['%ff', '%ff'],
    ['%41x%ff', 'Ax%ff'],
    ['%C0%AF', '%C0%AF'],
    ['語+', '語 '],
  ]
  test.each(texts)('%j', (encoded, text) => {
    expect(decodeUrlText(encoded)).toBe(text)
  })
})

describe('encodeUrlText', () => {
  test('encodes as in forms, and leaves slashes', () => {
    expect(encodeUrlText('a b/c+d')).toBe('a+b/c%2Bd')
    expect(encodeUrlText("-_.*!'()~")).toBe('-_.*%21%27%28%29%7E')
    expect(encodeUrlText('%é\u0001')).toBe('%25%C3%A9%01')
  })

  test('is undone by decodeUrlText', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeUrlText(encodeUrlText(text))).toBe(text)
      }),
      { seed: 8, numRuns: 500 },
    )
  })
})

const plain = {
  prefix: 'a b/',
  delimiter: '%',
  startAfter: 'a+',
  marker: 'ä',
  nextMarker: '1+1',
  keyMarker: ' ',
  nextKeyMarker: '&',
  versionIdMarker: 'v+%20',
  continuationToken: 'a+%20',
  isTruncated: false,
  entries: [
    { isPrefix: false, object: 'a b', etag: 'e+f' },
    { isPrefix: false, object: 'plain' },
    { isPrefix: true, prefix: 'x+/' },
  ],
}

describe('listings', () => {
  test('names are decoded, opaque values are not', () => {
    const encoded = encodeUrlEncoded({ ...plain, encodingType: undefined })
    expect(encoded).toEqual({
      ...plain,
      encodingType: 'url',
      prefix: 'a+b/',
      delimiter: '%25',
      startAfter: 'a%2B',
      marker: '%C3%A4',
      nextMarker: '1%2B1',
      keyMarker: '+',
      nextKeyMarker: '%26',
      entries: [
        { isPrefix: false, object: 'a+b', etag: 'e+f' },
        { isPrefix: false, object: 'plain' },
        { isPrefix: true, prefix: 'x%2B/' },
      ],
    })
    const decoded = decodeUrlEncoded(encoded)
    expect(decoded).toEqual(plain)
    expect(decodeUrlEncoded(decoded)).toEqual(plain)
  })

  test('what is not encoded stays as it is', () => {
    expect(decodeUrlEncoded(plain)).toBe(plain)
  })

  test('an answer of MinIO', () => {
    const { entries } = decodeUrlEncoded(decodeXml(listObjectsV2Document, minioListObjectsV2))
    expect(entries).toMatchObject([
      { object: 'a+b c', sizeBytes: 11 },
      { isPrefix: true, prefix: 'dir/' },
    ])
  })

  test('one strange key does not make the page unreadable', () => {
    const page = decodeUrlEncoded({
      encodingType: 'url',
      entries: [{ object: '%zz' }, { object: 'a%20b' }],
    })
    expect(page.entries).toEqual([{ object: '%zz' }, { object: 'a b' }])
  })
})
