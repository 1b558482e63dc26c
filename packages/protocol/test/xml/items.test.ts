import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  listObjectVersionsDocument,
  type VersionListingEntry,
} from '../../src/documents/list-object-versions.ts'
import { required } from '../../src/xml/fields.ts'
import { Layout } from '../../src/xml/layout.ts'
import { XmlReader } from '../../src/xml/reader.ts'
import { decodeXml, object } from '../../src/xml/shape.ts'
import { text as keyText } from '../../src/xml/values.ts'
import { XmlError } from '../../src/xml/xml-error.ts'

/**
 * A document with many items teaches the reader how its items are laid out; one with a single item
 * is always read child by child. What the second says of each item, the first must say of all.
 */
function entriesOf(items: readonly string[]): readonly VersionListingEntry[] | undefined {
  try {
    const source = `<ListVersionsResult>${items.join('')}</ListVersionsResult>`
    return decodeXml(listObjectVersionsDocument, source).entries
  } catch {
    return undefined
  }
}

/** Undefined where one of them cannot be read. */
function oneByOne(items: readonly string[]): VersionListingEntry[] | undefined {
  const all = items.map((item) => entriesOf([item]))
  return all.every((each) => each !== undefined) ? all.flat() : undefined
}

const text = fc
  .array(
    fc.constantFrom(
      ...['a', 'B', '0', ' ', '/', '-', "'", '"', 'é', '語', '😀', '\u007f', '\ufffd', '\t', '\n'],
      ...['\r\n', '&amp;', '&#13;', '&#x1F600;', ']]', '>', '<![CDATA[<&]]>', '<!-- -->', '<?p?>'],
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''))

const etag = fc.constantFrom(
  '"d41d8cd9-2"',
  '&quot;d41d8cd9&quot;',
  '&#34;d41d&#34;',
  'd41d',
  'W/"d41d"',
  '""',
  '"d4"1d"',
)
const date = fc.constantFrom(
  '2026-01-02T03:04:05.678Z',
  '2026-01-02T03:04:05Z',
  '2026-02-29T00:00:00Z',
)
const owner = fc.constantFrom(
  '<ID>o&amp;1</ID><DisplayName>d</DisplayName>',
  '<ID>o1</ID><DisplayName>d</DisplayName>',
  '<ID>o2</ID>',
  '',
  'text',
)

function element(name: string, content: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return content.map((inner) => `<${name}>${inner}</${name}>`)
}

const properties = [
  element('Key', text),
  element('VersionId', text),
  element('IsLatest', fc.constantFrom('true', 'false', 'yes')),
  element('LastModified', date),
  element('ETag', etag),
  element('Size', fc.constantFrom('0', '12345', '9007199254740993', '-1')),
  element('Owner', owner),
  element('ChecksumAlgorithm', fc.constantFrom('CRC32', 'SHA256')),
  element('Odd.Name', text),
  fc.constantFrom('', ' ', '\n  ', '<!-- -->', '<StorageClass/>', '<Key/>'),
]

/** Well-formed, and mostly not what a listing holds. */
const loose = fc
  .record({
    kind: fc.constantFrom('Version', 'DeleteMarker', 'CommonPrefixes'),
    parts: fc.array(fc.oneof(...properties), { maxLength: 10 }),
  })
  .map(({ kind, parts }) => `<${kind}>${parts.join('')}</${kind}>`)

interface Item {
  readonly key: string
  readonly isMarker: boolean
  readonly owner?: string | undefined
}

function itemOf({ key, isMarker, owner: ownedBy }: Item): string {
  const kind = isMarker ? 'DeleteMarker' : 'Version'
  const inner =
    `<Key>${key}</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest>` +
    '<LastModified>2026-01-02T03:04:05.678Z</LastModified>' +
    (isMarker ? '' : '<ETag>&quot;d41d8cd9&quot;</ETag><Size>5</Size>') +
    '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA1</ChecksumAlgorithm>' +
    '<Odd.Name>1</Odd.Name>' +
    (ownedBy === undefined ? '' : `<Owner><ID>${ownedBy}</ID></Owner>`)
  return `<${kind}>${inner}</${kind}>`
}

const plain = fc.nat(999).map(String)

/** The kind of item of which listings are full. */
const usual = fc
  .record({ key: plain, isMarker: fc.boolean(), owner: fc.option(plain, { nil: undefined }) })
  .map(itemOf)

/** The same with texts that need more than taking over. */
const special = fc.record({ key: text, isMarker: fc.boolean(), owner: text }).map(itemOf)

const damage = fc.record({
  at: fc.nat(999),
  removed: fc.constantFrom(0, 1, 1, 2),
  inserted: fc.constantFrom(
    ...['', '<', '>', '&', '/', '"', ' ', 'x', '\0', '\u0001', '\ud800', '\uffff', '\r', ']]>'],
    ...['&lt;', '<a/>', '</Key>', '<Key>', '<!--', '-->', '<![CDATA[', '&bogus;', '9', '.'],
  ),
})

const teachers = fc.array(usual, { minLength: 16, maxLength: 24 })

describe('items of a list', () => {
  test('are read alike, however many a document holds', () => {
    fc.assert(
      fc.property(
        teachers,
        fc.array(fc.oneof(usual, special, loose), { maxLength: 8 }),
        (first, rest) => {
          const items = [...first, ...rest, ...first.slice(0, 2)]
          expect(entriesOf(items)).toStrictEqual(oneByOne(items))
        },
      ),
      { seed: 20261128, numRuns: 1000 },
    )
  })

  test('are refused alike when they are damaged', () => {
    fc.assert(
      fc.property(teachers, usual, damage, (first, item, { at, removed, inserted }) => {
        const start = at % item.length
        const damaged = item.slice(0, start) + inserted + item.slice(start + removed)
        const items = [...first, damaged, ...first.slice(0, 2)]
        expect(entriesOf(items)).toStrictEqual(oneByOne(items))
      }),
      { seed: 20261128, numRuns: 3000 },
    )
  })

  test('are read alike, whatever the documents before have taught', () => {
    const documents = fc.array(fc.array(fc.oneof(usual, special, loose), { maxLength: 12 }), {
      minLength: 2,
      maxLength: 6,
    })
    fc.assert(
      fc.property(teachers, documents, (first, rest) => {
        const all = [first, ...rest, first]
        const peek = vi.spyOn(XmlReader.prototype, 'peek').mockReturnValue(undefined)
        const childByChild = all.map(entriesOf)
        peek.mockRestore()
        expect(all.map(entriesOf)).toStrictEqual(childByChild)
      }),
      { seed: 20261129, numRuns: 1000 },
    )
  })

  test('may be of any size: no more of one is described than a layout can hold', () => {
    const { table } = object<{ key: string }>({ key: required('Key', keyText) })
    const learn = (unknowns: number): unknown =>
      table && Layout.of(table, `<Item>${'<a/>'.repeat(unknowns)}<Key`)
    expect(() => learn(1)).toThrow(XmlError)
    expect(learn(1000)).toBeUndefined()
  })

  test('may hold the same characters', () => {
    const first = Array.from({ length: 8 }, () => itemOf({ key: 'k', isMarker: true }))
    const codes = [
      ...Array(0x21).keys(),
      0x7f,
      0x85,
      0xd7ff,
      0xd800,
      0xdfff,
      0xe000,
      0xfffd,
      0xfffe,
    ]
    for (const code of [...codes, 0xffff]) {
      const items = [...first, itemOf({ key: String.fromCharCode(code), isMarker: true })]
      expect(entriesOf(items)).toStrictEqual(oneByOne(items))
    }
  })

  test.each(['x:', 'x:1', 'x:-', 'x:Key', 'Odd', 'Odd a="b"'])(
    'teach no name that is none (%s)',
    (tag) => {
      const [name = ''] = tag.split(' ')
      const item = (open: string, close: string): string =>
        itemOf({ key: 'k', isMarker: true }).replace(
          '<Odd.Name>',
          `<${open}>1</${close}><Odd.Name>`,
        )
      const first = Array.from({ length: 8 }, () => item(tag, name))
      const local = name.slice(name.indexOf(':') + 1)
      for (const last of [item(local, local), item(tag, local), item(local, name)]) {
        const items = [...first, last]
        expect(entriesOf(items)).toStrictEqual(oneByOne(items))
      }
    },
  )

  test('share no object', () => {
    const items = Array.from(
      { length: 20 },
      (_, index) =>
        `<DeleteMarker><Key>${index}</Key><LastModified>2026-01-02T03:04:05Z</LastModified>` +
        '<Owner><ID>o</ID></Owner></DeleteMarker>',
    )
    const entries = entriesOf(items) ?? []
    const parts = entries.flatMap((entry) =>
      entry.isPrefix ? [] : [entry, entry.owner, entry.lastModified],
    )
    expect(new Set(parts).size).toBe(60)
  })

  test('of a kind that no layout can say cost no more than their number', () => {
    const odd = '<Version><Key>k</Key><UserMetadata><a>1</a></UserMetadata></Version>'
    expect(entriesOf(Array.from({ length: 100 }, () => odd))).toBeUndefined()
    const many = Array.from(
      { length: 5000 },
      (_, index) => `<CommonPrefixes><Prefix>p${index}/</Prefix><x${index}/></CommonPrefixes>`,
    )
    expect(entriesOf(many)).toHaveLength(5000)
  })
})
