import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { XmlReader } from '../../src/xml/reader.ts'
import { escapeXml, isXmlText } from '../../src/xml/writer.ts'
import { XmlError } from '../../src/xml/xml-error.ts'
import { saxesEvents } from './events.ts'

describe('escapeXml', () => {
  const texts: readonly (readonly [text: string, escaped: string])[] = [
    ['', ''],
    ['plain é語', 'plain é語'],
    ['&<>"\'', "&amp;&lt;&gt;&quot;'"],
    ['\t\r\n', '&#9;&#13;&#10;'],
    ['\u0000\u0001\u001f', '&#0;&#1;&#31;'],
    ['\u007f\u0085', '&#127;&#133;'],
    ['\ufffe\uffff\ufffd', '&#65534;&#65535;\ufffd'],
    ['a😀b', 'a😀b'],
  ]
  test.each(texts)('%j', (text, escaped) => {
    expect(escapeXml(text)).toBe(escaped)
  })

  test('half a surrogate pair is refused', () => {
    for (const text of ['\ud83d', 'a\ude00', '\ude00\ud83d', '&\ud83dx']) {
      expect(() => escapeXml(text)).toThrow(XmlError)
    }
  })

  test('our reader gives every text back, saxes every text of XML', () => {
    const characters = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom(
          '&',
          '<',
          '>',
          ']',
          '"',
          "'",
          '\r',
          '\n',
          '\t',
          ' ',
          '\u0001',
          '\ufffe',
        ),
      }),
    )
    fc.assert(
      fc.property(characters, (text) => {
        const source = `<a b="${escapeXml(text)}">${escapeXml(text)}</a>`
        const reader = new XmlReader(source)
        reader.next()
        expect(reader.readText()).toBe(text)
        reader.finish()
        const events = text === '' ? ['<a', '>a'] : ['<a', `=${text}`, '>a']
        expect(saxesEvents(source)).toEqual(isXmlText(text) ? events : undefined)
      }),
      { seed: 8, numRuns: 1000 },
    )
  })
})

test('isXmlText', () => {
  for (const text of ['', 'a\t\r\n', '\u007f\u0085', '\ud7ff\ue000\ufffd', '😀']) {
    expect(isXmlText(text)).toBe(true)
  }
  for (const text of [
    '\u0000',
    'a\u0001',
    '\u000b',
    '\u001f',
    '\ufffe',
    '\uffff',
    '\ud83d',
    'a\ude00',
  ]) {
    expect(isXmlText(text)).toBe(false)
  }
})
