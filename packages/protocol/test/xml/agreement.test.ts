import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answers } from '../documents/answers.ts'
import { damaged, wellFormed } from './documents.ts'
import { ourEvents, saxesEvents } from './events.ts'

const seed = 20240229

/** Where our reader refuses what saxes accepts, on purpose. */
const stricter: Readonly<Record<string, string>> = {
  'DOCTYPE, the way to entities that expand': '<!DOCTYPE a><a/>',
  'DOCTYPE with an internal subset': '<!DOCTYPE a [<!ELEMENT a ANY>]><a/>',
  'more than 64 levels': '<a>'.repeat(65) + '</a>'.repeat(65),
  'no blank after the target of an instruction, a slip of saxes': '<a><?p?q?></a>',
  'a declared encoding other than UTF-8': '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
}

/** Where our reader accepts what saxes refuses, on purpose. */
const moreLenient: Readonly<Record<string, string>> = {
  'references to control characters, which S3 writes for keys': '<a>&#1;&#x1f;</a>',
  'references to U+FFFE and U+FFFF, which keys may hold': '<a>&#xfffe;&#xFFFF;</a>',
  'references to NUL': '<a>&#0;</a>',
  'blanks before the declaration, which keep connections alive': '\n <?xml version="1.0"?><a/>',
}

function withoutLeadingBlanks(source: string): string {
  return source.replace(/^(\ufeff?)[ \t\r\n]+(?=<\?xml\s)/, '$1')
}

/** Replaces references to what XML 1.0 forbids, so that both readers can be asked. */
function withoutIllegalReferences(source: string): string {
  return source.replace(
    /&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef]));/gi,
    '&#9;',
  )
}

describe('agreement with saxes', () => {
  test('well-formed documents give the same events', () => {
    fc.assert(
      fc.property(wellFormed, (source) => {
        const events = ourEvents(source)
        expect(events).toBeDefined()
        expect(events).toEqual(saxesEvents(source))
      }),
      { seed, numRuns: 1500 },
    )
  })

  test('damaged documents are refused alike, or give the same events', () => {
    fc.assert(
      fc.property(damaged.map(withoutIllegalReferences), (source) => {
        fc.pre(!/<\?[^\s?]+\?[^>]/.test(source) && !/encoding\s*=\s*["'](?!utf-8)/i.test(source))
        expect(ourEvents(source)).toEqual(saxesEvents(withoutLeadingBlanks(source)))
      }),
      { seed, numRuns: 4000 },
    )
  })

  test.each(Object.keys(answers))('%s, cut at every character, is refused', (name) => {
    const source = withoutIllegalReferences(answers[name] ?? '')
    expect(ourEvents(source)).toEqual(saxesEvents(source))
    for (let length = 0; length < source.trimEnd().length; length++) {
      expect(ourEvents(source.slice(0, length)), `cut at ${length}`).toBeUndefined()
    }
  })

  test.each(Object.entries(stricter))('stricter: %s', (_, source) => {
    expect(saxesEvents(source)).toBeDefined()
    expect(ourEvents(source)).toBeUndefined()
  })

  test.each(Object.entries(moreLenient))('more lenient: %s', (_, source) => {
    expect(saxesEvents(source)).toBeUndefined()
    expect(ourEvents(source)).toBeDefined()
  })
})

const refused: Readonly<Record<string, string>> = {
  nothing: '',
  'blanks only': ' \n',
  'text only': 'Bad Gateway',
  'declaration only': '<?xml version="1.0"?>',
  'declaration with a blank of Unicode': '<?xml version\u00a0="1.0"?><a/>',
  'declaration without version': '<?xml encoding="UTF-8"?><a/>',
  'declaration twice': '<?xml version="1.0"?><?xml version="1.0"?><a/>',
  'declaration after a comment': '<!----><?xml version="1.0"?><a/>',
  'declaration inside': '<a><?xml version="1.0"?></a>',
  'declaration in capitals': '<?XML version="1.0"?><a/>',
  'two roots': '<a/><b/>',
  'text after the root': '<a/>x',
  'reference after the root': '<a/>&#32;',
  'CDATA after the root': '<a/><![CDATA[]]>',
  'NUL after the root': '<a/>\u0000',
  'text before the root': 'x<a/>',
  'second byte order mark': '\ufeff\ufeff<a/>',
  'byte order mark as UTF-16 read wrongly': '\ufffe<a/>',
  'end tag only': '</a>',
  'mismatched end tag': '<a></b>',
  'end tag of another prefix': '<x:a></y:a>',
  'end tag in another case': '<a></A>',
  'end tag that goes on': '<a></ab>',
  'end tag with attribute': '<a></a b="">',
  'end tag with blank before the name': '<a></ a>',
  'crossed elements': '<a><b></a></b>',
  'blank before a name': '< a/>',
  'name that begins with a digit': '<1/>',
  'name that begins with -': '<-a/>',
  'name with an illegal character': '<a×/>',
  'name with half a surrogate pair': '<a\ud801/>',
  'no name': '<>x</>',
  'slash apart': '<a / >',
  'attribute without value': '<a b/>',
  'attribute without quotes': '<a b=c/>',
  'attribute with wrong quote': '<a b="c\'/>',
  'attribute twice': '<a b="" b=""/>',
  'attributes without a blank between': '<a b=""c=""/>',
  '< in an attribute': '<a b="<"/>',
  'unknown entity in an attribute': '<a b="&c;"/>',
  '& in an attribute': '<a b="&"/>',
  'control character in an attribute': '<a b="\u0001"/>',
  '-- in a comment': '<a><!-- -- --></a>',
  'comment that ends with --->': '<a><!-- ---></a>',
  'unclosed comment': '<a><!-- </a>',
  'unclosed CDATA': '<a><![CDATA[ </a>',
  'unclosed instruction': '<a><?p </a>',
  'instruction without target': '<a><? p?></a>',
  'instruction with malformed target': '<a><?p!?></a>',
  'CDATA in lower case': '<a><![cdata[]]></a>',
  ']]> in text': '<a>]]></a>',
  ']]> in text among unusual characters': '<a>😀]]></a>',
  'control character in text': '<a>\u0001</a>',
  'NUL in text': '<a>\u0000</a>',
  'U+FFFF in text': '<a>\uffff</a>',
  'control character in a comment': '<a><!--\u0001--></a>',
  'control character in CDATA': '<a><![CDATA[\u0001]]></a>',
  'half a surrogate pair': '<a>\ud83d</a>',
  'other half of a surrogate pair': '<a>\ude00</a>',
  'bare &': '<a>& </a>',
  'entity without semicolon': '<a>&amp</a>',
  'unknown entity': '<a>&nbsp;</a>',
  'entity in another case': '<a>&AMP;</a>',
  'entity of a prototype': '<a>&constructor;</a>',
  'empty reference': '<a>&;</a>',
  'reference without digits': '<a>&#;</a>',
  'hexadecimal reference without digits': '<a>&#x;</a>',
  'hexadecimal reference with X': '<a>&#X41;</a>',
  'hexadecimal digits in a decimal reference': '<a>&#4a;</a>',
  'reference beyond Unicode': '<a>&#9999999;</a>',
  'reference far beyond Unicode': `<a>&#${'9'.repeat(400)};</a>`,
  'reference to a surrogate': '<a>&#xD800;</a>',
  'references to a surrogate pair': '<a>&#xD83D;&#xDE00;</a>',
  'entity declaration': '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  'external entity': '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  'parameter entity': '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://x/"> %b;]><a/>',
  'DOCTYPE inside': '<a><!DOCTYPE a></a>',
  'DOCTYPE after the root': '<a/><!DOCTYPE a>',
}

describe('hostile documents', () => {
  test.each(Object.entries(refused))('%s', (name, source) => {
    expect(ourEvents(source)).toBeUndefined()
    const isDoctype = name.includes('entity') && source.startsWith('<!DOCTYPE')
    if (!isDoctype) expect(saxesEvents(source)).toBeUndefined()
  })

  test('depth has a limit and costs no stack', () => {
    for (const depth of [10_000, 100_000]) {
      expect(ourEvents('<a>'.repeat(depth) + '</a>'.repeat(depth))).toBeUndefined()
    }
    expect(ourEvents('<a>'.repeat(64) + '</a>'.repeat(64))).toHaveLength(128)
  })
})
