import type { XmlField } from './fields.ts'
import { XmlReader } from './reader.ts'
import type { XmlValue } from './values.ts'
import { XmlWriter, type XmlAttribute } from './writer.ts'
import { XmlError, XmlRootError } from './xml-error.ts'

/** A table with one row for each property of `T`, in the order in which elements are written. */
export type XmlFields<T> = { readonly [Property in keyof Required<T>]: XmlField<T[Property]> }

/** What a field is while the object is put together: the types were checked when the table was. */
type AnyField = XmlField<unknown>

interface Slot {
  readonly property: string
  readonly read: AnyField['read']
}

export interface ObjectOptions<T> {
  /** Attributes that the written start tag needs, such as `xsi:type` of a `<Grantee>`. */
  readonly attributes?: (value: T) => readonly XmlAttribute[]
}

/**
 * An element with children, described by a table. Unknown elements are passed over; of an element
 * that was expected once and came twice the last counts (Ceph repeats some).
 *
 * @example
 * interface Owner { readonly id: string; readonly displayName?: string | undefined }
 * const owner = object<Owner>({
 *   id: required('ID', text),
 *   displayName: optional('DisplayName', text),
 * })
 */
export function object<T extends object>(
  fields: XmlFields<T>,
  options: ObjectOptions<T> = {},
): XmlValue<T> {
  const rows: readonly (readonly [string, AnyField])[] = Object.entries(fields)
  const read = objectReader(rows)
  return {
    // The table has a row for each property of T, and each row reads that property's type.
    read: (reader) => read(reader) as T,
    write: (writer, element, value) => {
      // Any object can be asked for its properties by name.
      const properties = value as Readonly<Record<string, unknown>>
      writer.open(element, options.attributes?.(value))
      for (const [property, field] of rows) field.write(writer, properties[property])
      writer.close(element)
    },
  }
}

type Decoded = Record<string, unknown>

function objectReader(
  rows: readonly (readonly [string, AnyField])[],
): (reader: XmlReader) => Decoded {
  const slots = new Map<string, Slot>()
  for (const [property, { elements, read }] of rows) {
    for (const element of elements) slots.set(element, { property, read })
  }
  const [others] = rows.filter(([, field]) => field.takesOthers)
  const otherSlot = others && { property: others[0], read: others[1].read }
  const start = startOf(rows)
  const requiredProperties = rows.filter(([, field]) => field.isRequired).map(([name]) => name)
  return (reader) => {
    const decoded = start()
    while (reader.nextChild()) {
      const slot = slots.get(reader.name) ?? otherSlot
      if (slot === undefined) reader.skip()
      else decoded[slot.property] = slot.read(reader, decoded[slot.property])
    }
    for (const property of requiredProperties) {
      if (decoded[property] === undefined) throw missing(property, reader)
    }
    return decoded
  }
}

function missing(property: string, reader: XmlReader): XmlError {
  return new XmlError(`no element for ${property}`, reader.offset)
}

/**
 * Makes the object that reading begins with. Constants and defaults are copied from one template,
 * so that all objects of a listing start with the same hidden class and in the same order.
 */
function startOf(rows: readonly (readonly [string, AnyField])[]): () => Decoded {
  const template: Decoded = {}
  const fresh: (readonly [string, () => unknown])[] = []
  for (const [property, { initial }] of rows) {
    const value = initial()
    if (value === undefined) continue
    template[property] = value
    if (typeof value === 'object') fresh.push([property, initial])
  }
  return () => {
    const decoded = { ...template }
    for (const [property, initial] of fresh) decoded[property] = initial()
    return decoded
  }
}

/** A whole document: its root and what the root holds. */
export interface XmlDocument<T> {
  readonly root: string
  readonly value: XmlValue<T>
  /** The default namespace, written on the root; any or none is accepted on reading. */
  readonly namespace?: string
}

/** The namespace of every S3 document but `<Error>`. */
export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** Describes a document in S3's namespace. */
export function s3Document<T>(root: string, value: XmlValue<T>): XmlDocument<T> {
  return { root, value, namespace: S3_NAMESPACE }
}

/**
 * Reads a document.
 *
 * @throws XmlRootError where the root is another one, such as `<Error>` in a 200 answer
 * @throws XmlError where the source is not well-formed, cut short, or not of the document's shape
 *
 * @example
 * const { buckets } = decodeXml(listBucketsDocument, body)
 */
export function decodeXml<T>(document: XmlDocument<T>, source: string): T {
  const reader = new XmlReader(source)
  reader.next()
  if (reader.name !== document.root) {
    throw new XmlRootError(document.root, reader.name, reader.offset)
  }
  const value = document.value.read(reader)
  reader.finish()
  return value
}

/**
 * Writes a document, with an XML declaration.
 *
 * @throws RangeError for numbers and dates that cannot be written
 * @throws XmlError for text with half a surrogate pair
 */
export function encodeXml<T>(document: XmlDocument<T>, value: T): string {
  const attributes: XmlAttribute[] = []
  if (document.namespace !== undefined) attributes.push(['xmlns', document.namespace])
  const writer = new XmlWriter(attributes)
  document.value.write(writer, document.root, value)
  return writer.toString()
}
