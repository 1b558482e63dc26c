import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { decodeWords, encodeWords } from '../../src/headers/encoded-words.ts'
import { decodeMetadata, encodeMetadata, metadataProblem } from '../../src/headers/metadata.ts'

const seeded = { seed: 20261123, numRuns: 300 }

afterEach(() => {
  expect(Object.keys(Object.prototype)).toEqual([])
})

describe('names', () => {
  it.each([
    ['colour', 'x-amz-meta-colour'],
    ['Colour', 'x-amz-meta-colour'],
    ['x-amz-meta-colour', 'x-amz-meta-colour'],
    ['X-AMZ-Meta-Colour', 'x-amz-meta-colour'],
    ['amz-meta-x', 'x-amz-meta-amz-meta-x'],
    ['x-amz-date', 'x-amz-meta-x-amz-date'],
    ['x-amz-copy-source', 'x-amz-meta-x-amz-copy-source'],
    ['host', 'x-amz-meta-host'],
    ['Content-Type', 'content-type'],
    ['content-encoding', 'content-encoding'],
    ['content-disposition', 'content-disposition'],
    ['content-language', 'content-language'],
    ['Cache-Control', 'cache-control'],
    ['Expires', 'expires'],
    ['x-amz-acl', 'x-amz-acl'],
    ['X-Amz-Storage-Class', 'x-amz-storage-class'],
    ['x-amz-server-side-encryption', 'x-amz-server-side-encryption'],
    ['x-amz-server-side-encryption-aws-kms-key-id', 'x-amz-server-side-encryption-aws-kms-key-id'],
    ['x-amz-website-redirect-location', 'x-amz-website-redirect-location'],
    ['x-amz-tagging', 'x-amz-tagging'],
    ['x-amz-object-lock-mode', 'x-amz-object-lock-mode'],
    ['__proto__', 'x-amz-meta-__proto__'],
    ['constructor', 'x-amz-meta-constructor'],
  ])('sends %s as %s', (name, headerName) => {
    const metadata = Object.fromEntries([[name, 'v']])
    expect(Object.entries(encodeMetadata(metadata))).toEqual([[headerName, 'v']])
  })

  it.each(['', 'a b', 'a:b', 'é', 'a\r\nb', 'a\0', 'a(b)', 'a/b', 'x-amz-meta-'])(
    'refuses the name %j',
    (name) => {
      expect(metadataProblem({ [name]: 'v' })).toBeTypeOf('string')
      expect(() => encodeMetadata({ [name]: 'v' })).toThrow(TypeError)
    },
  )

  it.each([
    { a: '1', A: '2' },
    { colour: '1', 'x-amz-meta-Colour': '2' },
    { 'content-type': 'a/b', 'Content-Type': 'a/b' },
  ])('refuses duplicates %j', (metadata) => {
    expect(() => encodeMetadata(metadata)).toThrow(TypeError)
  })

  it('keeps __proto__ a name on the way back', () => {
    const metadata = decodeMetadata([
      ['X-Amz-Meta-__proto__', 'x'],
      ['x-amz-meta-constructor', 'y'],
    ])
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(Object.getPrototypeOf(metadata)).toBeNull()
    expect(Object.getPrototypeOf(encodeMetadata({}))).toBeNull()
  })
})

describe('values', () => {
  it.each(['a\r\nb', 'a\nb', 'a\rb', '\0', '\u0001', '\u007f', '\ud800', 'a\udc00b'])(
    'refuses %j',
    (value) => {
      expect(() => encodeMetadata({ a: value })).toThrow(TypeError)
    },
  )

  it.each([1, undefined, null, true, ['a'], {}])('refuses what is no string: %j', (value) => {
    expect(metadataProblem({ a: value })).toBeTypeOf('string')
  })

  it.each([undefined, null, 'a', 1, ['a']])('refuses what is no object: %j', (metadata) => {
    expect(metadataProblem(metadata)).toBeTypeOf('string')
  })

  it('sends ASCII as it is, also empty and with blanks inside', () => {
    const metadata = { a: '', b: 'x  y', c: `!"#$%&'()*+,-./:;<=>?@[]^_{|}~` }
    expect(Object.values(encodeMetadata(metadata))).toEqual(Object.values(metadata))
  })

  it.each([
    ['é', '=?UTF-8?B?w6k=?='],
    ['€', '=?UTF-8?B?4oKs?='],
    ['😀', '=?UTF-8?B?8J+YgA==?='],
    [' a', '=?UTF-8?B?IGE=?='],
    ['a ', '=?UTF-8?B?YSA=?='],
    ['a\tb', '=?UTF-8?B?YQli?='],
    ['=?UTF-8?B?w6k=?=', '=?UTF-8?B?PT9VVEYtOD9CP3c2az0/PQ==?='],
  ])('encodes %j', (value, header) => {
    expect(encodeMetadata({ a: value })['x-amz-meta-a']).toBe(header)
  })

  it('takes only ASCII for headers that are not metadata', () => {
    expect(metadataProblem({ 'content-disposition': 'attachment; filename="é"' })).toBeTypeOf(
      'string',
    )
    expect(encodeMetadata({ 'Cache-Control': 'no-cache ' })).toEqual({
      'cache-control': 'no-cache ',
    })
  })

  it('comes back as it was', () => {
    const value = fc.string({
      unit: fc.constantFrom('a', ' ', '\t', '?', '_', 'é', '汉', '😀'),
      maxLength: 120,
    })
    fc.assert(
      fc.property(value, (text) => {
        const headers = encodeMetadata({ a: text })
        expect(headers['x-amz-meta-a']).toMatch(/^[\t\x20-\x7e]*$/)
        expect(decodeMetadata(Object.entries(headers))['a']).toBe(text)
      }),
      seeded,
    )
  })
})

describe('answers', () => {
  it('takes only metadata headers, in lower case', () => {
    const metadata = decodeMetadata([
      ['Content-Type', 'text/plain'],
      ['X-Amz-Meta-Colour', 'red'],
      ['x-amz-metadata', 'no'],
      ['x-amz-meta-empty', ''],
    ])
    expect(metadata).toEqual(Object.assign(Object.create(null), { colour: 'red', empty: '' }))
  })

  it('joins a header that comes twice', () => {
    const metadata = decodeMetadata([
      ['x-amz-meta-a', '1'],
      ['X-Amz-Meta-A', '2'],
    ])
    expect(metadata['a']).toBe('1,2')
  })

  it('reads raw UTF-8 and real Latin-1', () => {
    const raw = Buffer.from('grün', 'utf8').toString('latin1')
    expect(decodeMetadata([['x-amz-meta-a', raw]])['a']).toBe('grün')
    expect(decodeMetadata([['x-amz-meta-a', 'grün']])['a']).toBe('grün')
    expect(decodeMetadata([['x-amz-meta-a', '汉']])['a']).toBe('汉')
  })
})

describe('encoded words', () => {
  // The examples are those of RFC 2047, section 8, as far as they concern white space.
  it.each([
    ['=?ISO-8859-1?Q?a?=', 'a'],
    ['=?ISO-8859-1?Q?a?= b', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a_b?=', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=', 'a =?ISO-8859-2?Q?_b?='],
    ['=?iso-8859-1?q?caf=E9?=', 'café'],
    ['=?utf-8?b?w6k=?=', 'é'],
    ['=?UTF-8*en?B?w6k=?=', 'é'],
    ['=?US-ASCII?Q?Keith?=', 'Keith'],
    ['=?UTF-8?Q?caf=C3=A9?= au lait', 'café au lait'],
    ['=?UTF-8?B?w6k=?= =?ISO-8859-1?Q?=E9?=', 'éé'],
    // one character cut in two words
    ['=?UTF-8?B?ww==?= =?UTF-8?B?qQ==?=', 'é'],
    ['=?UTF-8?Q?=C3?= =?UTF-8?B?qQ==?= x', 'é x'],
  ])('reads %s', (text, decoded) => {
    expect(decodeWords(text)).toBe(decoded)
  })

  it.each([
    '=?UTF-8?B?w6k?=',
    '=?UTF-8?B?w6k=',
    '=?UTF-8?B?****?=',
    '=?UTF-8?B?/w==?=',
    '=?UTF-8?Q?=C3?=',
    '=?UTF-8?Q?=ZZ?=',
    '=?UTF-8?Q?a b?=',
    '=?UTF-8?X?abc?=',
    '=?KOI8-R?B?w6k=?=',
    '=??B?w6k=?=',
    'x=?UTF-8?B?w6k=?=',
    '=?UTF-8?B?w6k=?=x',
    '=?',
    '  =? ?=  ',
    'plain  text ',
  ])('leaves %j', (text) => {
    expect(decodeWords(text)).toBe(text)
  })

  it('keeps every word within 75 characters and every character in one word', () => {
    const text = 'a😀汉é'.repeat(40)
    const words = encodeWords(text).split(' ')
    expect(words.length).toBeGreaterThan(1)
    expect(words.every((word) => word.length <= 75)).toBe(true)
    expect(words.map(decodeWords).join('')).toBe(text)
  })

  it('takes linear time', () => {
    for (const hostile of [
      '=?'.repeat(50_000),
      '=?a?b?'.repeat(20_000),
      '=?UTF-8?B?YQ==?= '.repeat(500),
    ]) {
      const before = performance.now()
      decodeWords(hostile)
      expect(performance.now() - before).toBeLessThan(250)
    }
  })
})
