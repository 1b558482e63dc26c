import fc from 'fast-check'

/** Generators of well-formed documents, in every syntax that the reader knows. */

const names = ['a', 'Key', 'ns0:Key', 'ListBucketResult', '_x', 'é', 'a-b.c', '\u{10400}z']

const characters = fc.constantFrom(
  'a',
  ' ',
  '\n',
  '\r',
  '\r\n',
  '\t',
  ']',
  '>',
  "'",
  '"',
  'é',
  '語',
  '😀',
  '\u0085',
  '\ufffd',
)
const references = fc.constantFrom(
  '&amp;',
  '&lt;',
  '&gt;',
  '&quot;',
  '&apos;',
  '&#13;',
  '&#x1F600;',
  '&#065;',
  '&#xa;',
)

const text = fc
  .array(fc.oneof(characters, references), { maxLength: 8 })
  .map((parts) => parts.join('').replaceAll(']]>', ''))
const cdata = fc
  .array(fc.oneof(characters, fc.constantFrom('<', '&', '<b>', '--')), { maxLength: 6 })
  .map((parts) => `<![CDATA[${parts.join('').replaceAll(']]>', '')}]]>`)
const comment = fc
  .array(fc.oneof(characters, fc.constantFrom('<', '&', '<b>', '- ')), { maxLength: 6 })
  .map((parts) => `<!--${parts.join('')}-->`)
const instruction = fc.constantFrom('<?p?>', '<?p x="?" > ?>', '<?xml-stylesheet a?>', '<?p ??>')

const blanks = fc.constantFrom(' ', '\n', '\t ', '\r\n')
const attribute = fc
  .tuple(
    blanks,
    fc.constantFrom('xmlns', 'xsi:type', 'b', 'c'),
    fc.constantFrom('=', ' = '),
    fc.constantFrom('"v"', "'v'", '"&lt;&#x9;é>😀"', "'\"'", '""'),
  )
  .map((parts) => parts.join(''))
const attributes = fc
  .uniqueArray(attribute, { maxLength: 3, selector: (each) => each.trim().split(/\s*=/)[0] })
  .map((each) => each.join(''))

function element(content: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .record({ name: fc.constantFrom(...names), attributes, content, gap: fc.constantFrom('', ' ') })
    .map((part) =>
      part.content === ''
        ? `<${part.name}${part.attributes}${part.gap}/>`
        : `<${part.name}${part.attributes}${part.gap}>${part.content}</${part.name}${part.gap}>`,
    )
}

const { root } = fc.letrec<{ root: string; content: string }>((tie) => ({
  root: element(tie('content')),
  content: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    text,
    fc
      .array(fc.oneof(text, cdata, comment, instruction, tie('root')), { maxLength: 4 })
      .map((parts) => parts.join('').replaceAll(']]>>', ']]>')),
  ),
}))

const misc = fc
  .array(fc.oneof(blanks, comment, instruction), { maxLength: 2 })
  .map((parts) => parts.join(''))

const declaration = fc.constantFrom(
  '',
  '<?xml version="1.0"?>',
  '<?xml version="1.0" encoding="UTF-8"?>',
  "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>",
)

/** A well-formed document. */
export const wellFormed: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', '\ufeff'), declaration, misc, root, misc)
  .map((parts) => parts.join(''))

const pieces = [
  ['<', '>', '&', ';', '/', '=', '"', "'", '!', '?', '-', '--', ']', ']]>', '<!--', '-->', ':'],
  ['<![CDATA[', '&#', '&#x', '&#xD800;', '&#1114112;', '&nope;', '\u0000', '\u0001', '\u007f'],
  ['\ud83d', '\ude00', '\ufffe', '\uffff', ' ', '\r', 'a', '0', '·', '<?', '?>', '<?xml ?>', '</'],
  ['<a>', '</a>', '<a/>', '<ns0:Key>', ' b="1"', '\ufeff', '語', '×'],
].flat()

/** A document with a few characters cut out and something put in. */
export const damaged: fc.Arbitrary<string> = fc
  .record({
    source: wellFormed,
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.integer({ min: 0, max: 3 }),
    piece: fc.constantFrom('', ...pieces),
  })
  .map(({ source, at, cut, piece }) => {
    const from = Math.floor(at * source.length)
    return source.slice(0, from) + piece + source.slice(from + cut)
  })
