import { describe, expect, test, vi } from 'vitest'
import { TextPieces } from '../../src/xml/pieces.ts'
import { rootName, XmlReader } from '../../src/xml/reader.ts'
import { XmlError } from '../../src/xml/xml-error.ts'
import { ourEvents } from './events.ts'

function textOf(source: string): string {
  const reader = new XmlReader(source)
  reader.next()
  const text = reader.readText()
  reader.finish()
  return text
}

describe('text', () => {
  const texts: Readonly<Record<string, readonly [source: string, text: string]>> = {
    'blanks at both ends': ['<a>  b  </a>', '  b  '],
    'blanks only': ['<a> \t\n</a>', ' \t\n'],
    'the five entities': ['<a>&amp;&lt;&gt;&quot;&apos;</a>', '&<>"\''],
    references: ['<a>&#34;&#x22;&#x1F600;&#0000065;</a>', '""😀A'],
    'an entity is expanded once': ['<a>&amp;amp;&#38;lt;</a>', '&amp;&lt;'],
    'control characters by reference': ['<a>x&#1;&#x1f;</a>', 'x\u0001\u001f'],
    'literal line ends become LF': ['<a>1\r\n2\r3\n4\r\r\n</a>', '1\n2\n3\n4\n\n'],
    'a carriage return by reference stays': ['<a>&#13;\n&#xD;&#10;</a>', '\r\n\r\n'],
    CDATA: ['<a>1<![CDATA[<b>&amp;\r\n]]]]><![CDATA[>]]>2</a>', '1<b>&amp;\n]]>2'],
    'CDATA next to >': ['<a><![CDATA[x]]>></a>', 'x>'],
    'a comment and an instruction between': ['<a>1<!-- 2 -->3<?p 4?>5</a>', '135'],
    'characters beyond the basic plane': ['<a>é語😀</a>', 'é語😀'],
    brackets: ['<a>]]]>'.replace(']]]>', '] ]> ]') + '</a>', '] ]> ]'],
    'an empty element': ['<a/>', ''],
    'an empty element with attributes': ['<a xmlns:b="c" b:d = \'e\' />', ''],
  }
  test.each(Object.entries(texts))('%s', (_, [source, text]) => {
    expect(textOf(source)).toBe(text)
  })

  test('of an element with children is refused by readText, passed over by readLeaf', () => {
    const source = '<a>1<b><c/></b>2</a>'
    expect(() => textOf(source)).toThrow(XmlError)
    const reader = new XmlReader(source)
    reader.next()
    expect(reader.readLeaf()).toBeUndefined()
    expect(reader.next()).toBe('done')
  })
})

describe('elements', () => {
  test('prefixes are dropped, the byte order mark and the prolog passed over', () => {
    const source =
      '\ufeff \n<?xml version="1.0"?><!-- --><?p?>\n<s3:a xmlns:s3="x"><s3:b/><c></c></s3:a>\n<!-- -->'
    expect(ourEvents(source)).toEqual(['<a', '<b', '>b', '<c', '>c', '>a'])
  })

  test('nextChild goes through the children and stops at the end of the parent', () => {
    const reader = new XmlReader('<a> <b><x/><x>1</x></b>\n<c/><!-- --><d>2</d> </a>')
    reader.next()
    const names: string[] = []
    while (reader.nextChild()) {
      names.push(reader.name)
      reader.skip()
    }
    reader.finish()
    expect(names).toEqual(['b', 'c', 'd'])
  })

  test('text between children is refused', () => {
    const reader = new XmlReader('<a><b/>x</a>')
    reader.next()
    reader.nextChild()
    reader.skip()
    expect(() => reader.nextChild()).toThrow(XmlError)
  })

  test('what is skipped is still checked', () => {
    for (const source of [
      '<a><b></c></a>',
      '<a><b>&x;</b></a>',
      '<a><b><d c="<"/></b></a>',
      '<a><b>',
    ]) {
      const reader = new XmlReader(source)
      reader.next()
      reader.nextChild()
      expect(() => reader.skip(), source).toThrow(XmlError)
    }
  })

  test('names beside the expected one are told apart', () => {
    const source = '<a><k/><key/><k/><keys/><k/><ke/><k/><key/></a>'
    const names = ourEvents(source)?.filter((event) => event.startsWith('<'))
    expect(names?.join('')).toBe('<a<k<key<k<keys<k<ke<k<key')
  })

  test('names that share a slot of the cache are told apart', () => {
    const names = ['aXb', 'aYb', 'aZb', 'aXb', 'aYb']
    const source = `<r>${names.map((name) => `<${name}/>`).join('')}</r>`
    const read = ourEvents(source)?.filter((event) => event.startsWith('<') && event !== '<r')
    expect(read).toEqual(names.map((name) => `<${name}`))
  })
})

test('errors tell where', () => {
  const sources: readonly (readonly [string, number])[] = [
    ['<a><b></c></a>', 6],
    ['<a>1&x;</a>', 4],
    ['<a>12\u0001</a>', 5],
    ['<a/>x', 4],
    [' '.repeat(9) + '<?xml bad?><a/>', 9],
  ]
  for (const [source, offset] of sources) {
    for (const given of [source, new TextPieces(Buffer.from(source), 3)]) {
      const reader = new XmlReader(given)
      const read = (): void => {
        while (reader.next() !== 'done');
      }
      expect(read).toThrow(expect.objectContaining({ name: 'XmlError', offset }))
    }
  }
})

describe('rootName', () => {
  const names: readonly (readonly [source: string, name: string | undefined])[] = [
    ['<Error><Code>', 'Error'],
    [' \n\n <?xml version="1.0"?>\n<x:Error xmlns:x="y">', 'Error'],
    ['<ListBucketResult xmlns="x"/>', 'ListBucketResult'],
    ['', undefined],
    ['{"code":1}', undefined],
    ['Bad Gateway', undefined],
    ['<!DOCTYPE html><html>', undefined],
    ['<Error', undefined],
  ]
  test.each(names)('%j', (source, name) => {
    expect(rootName(source)).toBe(name)
  })
})

/** How many characters the reader looks at, as far as the methods of strings tell. */
function countSteps(source: string): number {
  let steps = 0
  const { charCodeAt, codePointAt, indexOf, slice, startsWith } = String.prototype
  const spies = [
    vi.spyOn(String.prototype, 'charCodeAt').mockImplementation(function (this: string, at) {
      steps++
      return charCodeAt.call(this, at)
    }),
    vi.spyOn(String.prototype, 'codePointAt').mockImplementation(function (this: string, at) {
      steps++
      return codePointAt.call(this, at)
    }),
    vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (this: string, what, from) {
      const found = indexOf.call(this, what, from)
      steps += (found < 0 ? this.length : found) - (from ?? 0) + 1
      return found
    }),
    vi.spyOn(String.prototype, 'slice').mockImplementation(function (this: string, from, to) {
      const part = slice.call(this, from, to)
      steps += part.length + 1
      return part
    }),
    vi.spyOn(String.prototype, 'startsWith').mockImplementation(function (this: string, what, at) {
      steps += what.length
      return startsWith.call(this, what, at)
    }),
  ]
  try {
    ourEvents(source)
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return steps
}

describe('steps grow with the length, not with its square', () => {
  const grow: Readonly<Record<string, (count: number) => string>> = {
    siblings: (count) => `<a>${'<b>1</b>'.repeat(count)}</a>`,
    references: (count) => `<a>${'&#65;'.repeat(count)}</a>`,
    'entities among unusual characters': (count) => `<a>😀${'&amp;]'.repeat(count)}</a>`,
    'carriage returns': (count) => `<a>${'\r'.repeat(count)}</a>`,
    brackets: (count) => `<a>${'x]]'.repeat(count)}</a>`,
    'text without an end': (count) => `<a>${'x'.repeat(count)}`,
    CDATA: (count) => `<a>${'<![CDATA[x]]>'.repeat(count)}</a>`,
    'unclosed CDATA': (count) => `<a>${'<![CDATA['.repeat(count)}</a>`,
    comments: (count) => `<a>${'<!-- -->'.repeat(count)}</a>`,
    'unclosed comments': (count) => `<a>${'<!-- '.repeat(count)}</a>`,
    instructions: (count) => `<a>${'<?p?>'.repeat(count)}</a>`,
    attributes: (count) =>
      `<a ${Array.from({ length: count }, (_, index) => `b${index}=""`).join(' ')}/>`,
    names: (count) =>
      `<a>${Array.from({ length: count }, (_, index) => `<b${index}/>`).join('')}</a>`,
    blanks: (count) => `<a${' '.repeat(count)}>${' '.repeat(count)}</a>${' '.repeat(count)}`,
    'open elements': (count) => '<a>'.repeat(count),
    'a long name': (count) => `<${'a'.repeat(count)}></${'a'.repeat(count)}>`,
    'a long declaration': (count) => `<?xml ${' '.repeat(count)}version="1.0"?><a/>`,
  }
  test.each(Object.entries(grow))('%s', (_, make) => {
    const once = countSteps(make(1000))
    const twice = countSteps(make(2000))
    expect(twice / once).toBeLessThan(2.2)
  })
})
