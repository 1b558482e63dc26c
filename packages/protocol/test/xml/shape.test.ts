import { describe, expect, test } from 'vitest'
import {
  choice,
  constant,
  interleaved,
  list,
  optional,
  optionalList,
  others,
  required,
  withDefault,
  wrappedList,
} from '../../src/xml/fields.ts'
import { decodeXml, encodeXml, object, s3Document } from '../../src/xml/shape.ts'
import { integer, text } from '../../src/xml/values.ts'
import { XmlError, XmlRootError } from '../../src/xml/xml-error.ts'

interface Apple {
  readonly isPear: false
  readonly name: string
}
interface Pear {
  readonly isPear: true
  readonly weight: number
}
type Fruit = Apple | Pear

interface Basket {
  readonly owner: string
  readonly label?: string | undefined
  readonly count: number
  readonly inner?: { readonly depth: number } | undefined
  readonly fruits: readonly Fruit[]
  readonly notes: readonly string[]
  readonly marks?: readonly string[] | undefined
  readonly wrapped: readonly string[]
}

const basket = s3Document(
  'Basket',
  object<Basket>({
    owner: required('Owner', text),
    label: optional('Label', text),
    count: withDefault('Count', integer, 7),
    inner: optional(
      'Inner',
      object<{ readonly depth: number }>({ depth: required('Depth', integer) }),
    ),
    fruits: interleaved<Fruit>(
      choice(
        'Apple',
        object<Apple>({ isPear: constant(false), name: required('Name', text) }),
        (fruit: Fruit): fruit is Apple => !fruit.isPear,
      ),
      choice(
        'Pear',
        object<Pear>({ isPear: constant(true), weight: required('Weight', integer) }),
        (fruit: Fruit): fruit is Pear => fruit.isPear,
      ),
    ),
    notes: list('Note', text),
    marks: optionalList('Mark', text),
    wrapped: wrappedList('Wrapped', 'Item', text),
  }),
)

const full: Basket = {
  owner: ' me ',
  label: '',
  count: 0,
  inner: { depth: 1 },
  fruits: [
    { isPear: true, weight: 3 },
    { isPear: false, name: 'a' },
    { isPear: true, weight: 4 },
  ],
  notes: ['1'],
  marks: ['x', 'y'],
  wrapped: ['i'],
}

describe('objects', () => {
  test('are written in the order of the table and read back', () => {
    const source = encodeXml(basket, full)
    expect(source).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<Basket xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner> me </Owner>' +
        '<Label></Label><Count>0</Count><Inner><Depth>1</Depth></Inner>' +
        '<Pear><Weight>3</Weight></Pear><Apple><Name>a</Name></Apple><Pear><Weight>4</Weight></Pear>' +
        '<Note>1</Note><Mark>x</Mark><Mark>y</Mark><Wrapped><Item>i</Item></Wrapped></Basket>',
    )
    expect(decodeXml(basket, source)).toEqual(full)
  })

  test('without optional elements', () => {
    const empty = { owner: '', count: 7, fruits: [], notes: [], wrapped: [] }
    expect(decodeXml(basket, '<Basket><Owner/></Basket>')).toEqual(empty)
    expect(decodeXml(basket, encodeXml(basket, empty))).toEqual(empty)
  })

  test('do not share lists', () => {
    const source = '<Basket><Owner/><Note>1</Note></Basket>'
    decodeXml(basket, source)
    expect(decodeXml(basket, source).notes).toEqual(['1'])
  })

  test('unknown elements are passed over, wrong case is unknown, order does not matter', () => {
    const source =
      '<x:Basket xmlns:x="y"><Label>l</Label><New><Owner>no</Owner></New><owner>no</owner>' +
      '<__proto__>no</__proto__><Note>1</Note><constructor/><x:Owner z="1">me</x:Owner><Note>2</Note></x:Basket>'
    const decoded = decodeXml(basket, source)
    expect(decoded).toMatchObject({ owner: 'me', label: 'l', notes: ['1', '2'] })
  })

  test('of an element that came twice the last counts', () => {
    const source = '<Basket><Owner>1</Owner><Owner>2</Owner></Basket>'
    expect(decodeXml(basket, source).owner).toBe('2')
  })

  test('a missing required element is an error, also within', () => {
    const bad = [
      '<Basket/>',
      '<Basket><Label/></Basket>',
      '<Basket><Owner/><Apple/></Basket>',
      '<Basket><Owner/><Inner/></Basket>',
    ]
    for (const source of bad) expect(() => decodeXml(basket, source)).toThrow(XmlError)
  })

  test('text where elements belong is an error, and elements where text belongs', () => {
    const bad = ['<Basket>x<Owner/></Basket>', '<Basket><Owner><ID/></Owner></Basket>']
    for (const source of bad) expect(() => decodeXml(basket, source)).toThrow(XmlError)
  })
})

describe('documents', () => {
  test('another root is told apart from a broken document', () => {
    const error = expect.objectContaining({ name: 'XmlRootError', rootName: 'Error' })
    expect(() => decodeXml(basket, '\n\n<Error><Code>x</Code></Error>')).toThrow(error)
    expect(() => decodeXml(basket, '<basket><Owner/></basket>')).toThrow(XmlRootError)
    expect(() => decodeXml(basket, '<Basket><Owner/>')).not.toThrow(XmlRootError)
    expect(() => decodeXml(basket, '<Basket><Owner/>')).toThrow(XmlError)
  })

  test('nothing may follow', () => {
    expect(() => decodeXml(basket, '<Basket><Owner/></Basket><Basket/>')).toThrow(XmlError)
    expect(() => decodeXml(basket, '<Basket><Owner/></Basket>x')).toThrow(XmlError)
    expect(decodeXml(basket, '<Basket><Owner/></Basket> <!-- -->\n').owner).toBe('')
  })
})

test('attributes are written where the table asks for them', () => {
  interface Grantee {
    readonly id: string
  }
  const grantee = object<Grantee>(
    { id: required('ID', text) },
    {
      attributes: ({ id }) => [
        ['xmlns:xsi', 'http://www.w3.org/2001/XMLSchema-instance'],
        ['xsi:type', id.includes('@') ? 'AmazonCustomerByEmail' : '"<CanonicalUser>'],
      ],
    },
  )
  const document = { root: 'Grantee', value: grantee }
  const source = encodeXml(document, { id: '1' })
  expect(source).toContain(
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="&quot;&lt;CanonicalUser&gt;">',
  )
  expect(decodeXml(document, source)).toEqual({ id: '1' })
})

test('others collects the text of unnamed elements', () => {
  interface Loose {
    readonly code: string
    readonly others: ReadonlyMap<string, string>
  }
  const loose = {
    root: 'Loose',
    value: object<Loose>({ code: required('Code', text), others: others() }),
  }
  const source = '<Loose><A>1</A><Code>c</Code><B><C>2</C>x</B><__proto__>3</__proto__><D/></Loose>'
  const value = decodeXml(loose, source)
  expect([...value.others]).toEqual([
    ['A', '1'],
    ['__proto__', '3'],
    ['D', ''],
  ])
  expect(decodeXml(loose, encodeXml(loose, value))).toEqual(value)
  expect(decodeXml(loose, '<Loose><Code/></Loose>').others.size).toBe(0)
})
