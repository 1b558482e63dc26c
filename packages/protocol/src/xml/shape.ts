import type { XmlField } from './fields.ts'
import { sourceOf } from './pieces.ts'
import { XmlReader } from './reader.ts'
import { readObject, type Decoded, type ObjectTable, type Slot } from './table.ts'
import type { XmlValue } from './values.ts'
import { XmlWriter, type XmlAttribute } from './writer.ts'
import { XmlRootError } from './xml-error.ts'

/** A table with one row for each property of `T`, in the order in which elements are written. */
export type XmlFields<T> = { readonly [Property in keyof Required<T>]: XmlField<T[Property]> }

/** What a field is while the object is put together: the types were checked when the table was. */
type AnyField = XmlField<unknown>

type Row = readonly [property: string, field: AnyField]

export interface ObjectOptions<T> {
  /** Attributes that the written start tag needs, such as `xsi:type` of a `<Grantee>`. */
  readonly attributes?: (value: T) => readonly XmlAttribute[]
}

/**
 * An element with children, described by a table. Unknown elements are passed over; of an element
 * that was expected once and came twice the last counts (Ceph repeats some).
 *
 * @example
 * import { optional, required } from './fields.ts'
 * import { text } from './values.ts'
 *
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
  const rows: readonly Row[] = Object.entries(fields)
  const table = tableOf(rows)
  return {
    // The table has a row for each property of T, and each row reads that property's type.
    read: (reader) => readObject(table, reader) as T,
    table,
    write: (writer, element, value) => {
      // Any object can be asked for its properties by name.
      const properties = value as Readonly<Record<string, unknown>>
      writer.open(element, options.attributes?.(value))
      for (const [property, field] of rows) field.write(writer, properties[property])
      writer.close(element)
    },
  }
}

function tableOf(rows: readonly Row[]): ObjectTable {
  const slots = new Map<string, Slot>()
  let otherSlot: Slot | undefined
  let required = 0
  for (const [property, field] of rows) {
    const { read, accumulates = false, plain, table } = field
    // Bits run out after 31 required properties; no document of S3 has ten.
    const requiredBit = field.isRequired ? (required + 1) & ~required : 0
    const slot = { property, read, accumulates, requiredBit, plain, table }
    for (const element of field.elements) slots.set(element, slot)
    if (field.takesOthers) otherSlot = slot
    required |= requiredBit
  }
  return { slots, otherSlot, required, start: startOf(rows) }
}

/**
 * Makes the object that reading begins with. Constants and defaults are copied from one template,
 * so that all objects of a listing start with the same hidden class and in the same order.
 */
function startOf(rows: readonly Row[]): () => Decoded {
  const template: Decoded = {}
  const fresh: (readonly [string, () => unknown])[] = []
  for (const [property, { initial }] of rows) {
    const value = initial()
    template[property] = value
    if (typeof value === 'object' && value !== null) fresh.push([property, initial])
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
 * @param source - text, or text in UTF-8; of long documents the bytes are cheaper to read
 * @throws XmlRootError where the root is another one, such as `<Error>` in a 200 answer
 * @throws XmlError where the source is not well-formed, cut short, or not of the document's shape
 *
 * @example
 * import { listBucketsDocument } from '@stowage/protocol'
 *
 * declare const body: Uint8Array
 * const { buckets } = decodeXml(listBucketsDocument, body)
 */
export function decodeXml<T>(document: XmlDocument<T>, source: string | Uint8Array): T {
  const reader = new XmlReader(sourceOf(source))
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
