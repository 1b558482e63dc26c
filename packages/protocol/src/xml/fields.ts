import type { XmlReader } from './reader.ts'
import type { ObjectTable, PlainText } from './table.ts'
import { itemsReader, type XmlItem } from './items.ts'
import { listOf, type XmlValue } from './values.ts'
import type { XmlWriter } from './writer.ts'

/**
 * One property of an object: which elements feed it, and how it is written.
 * `read` gets what earlier elements left in the property.
 */
export interface XmlField<T> {
  /** The elements that feed the property; none for a constant. */
  readonly elements: readonly string[]
  /** Whether the property takes every element that no other property names. */
  readonly takesOthers?: boolean
  readonly isRequired: boolean
  /** Whether several elements add to one value; otherwise `read` is not told what came before. */
  readonly accumulates?: boolean
  /** The property's value when no element has been read; undefined leaves the property out. */
  readonly initial: () => T | undefined
  readonly read: (reader: XmlReader, before: T | undefined) => T
  /** Of a text, or of texts that add to an array, beside `read`. */
  readonly plain?: PlainText<unknown> | undefined
  /** Of an object that comes once, beside `read`. */
  readonly table?: ObjectTable | undefined
  readonly write: (writer: XmlWriter, value: T) => void
}

function absent(): undefined {
  return undefined
}

/** An element that must be there. */
export function required<T>(element: string, value: XmlValue<T>): XmlField<T> {
  return {
    elements: [element],
    isRequired: true,
    initial: absent,
    read: value.read,
    plain: value.plain,
    table: value.table,
    write: (writer, item) => value.write(writer, element, item),
  }
}

/** An element that may be missing; then the property is missing too. */
export function optional<T>(element: string, value: XmlValue<T>): XmlField<T | undefined> {
  return {
    elements: [element],
    isRequired: false,
    initial: absent,
    read: value.read,
    plain: value.plain,
    table: value.table,
    write: (writer, item) => {
      if (item !== undefined) value.write(writer, element, item)
    },
  }
}

/** An element that is always written, but may be missing on reading. */
export function withDefault<T extends string | number | boolean>(
  element: string,
  value: XmlValue<T>,
  fallback: T,
): XmlField<T> {
  return { ...required(element, value), isRequired: false, initial: () => fallback }
}

/** A property that no element carries, such as the mark that tells two kinds of entries apart. */
export function constant<const T extends string | number | boolean>(value: T): XmlField<T> {
  return {
    elements: [],
    isRequired: false,
    initial: () => value,
    read: () => value,
    write: () => undefined,
  }
}

/** One kind of item in an {@link interleaved} list. */
export interface XmlChoice<T> {
  readonly element: string
  readonly item: XmlItem<T>
  /** Writes the item if it is of this kind, and tells whether it was. */
  readonly write: (writer: XmlWriter, item: T) => boolean
}

/** @param is - tells items of this kind from others when writing */
export function choice<T, Kind extends T>(
  element: string,
  value: XmlValue<Kind>,
  is: (item: T) => item is Kind,
): XmlChoice<T> {
  return {
    element,
    item: value,
    write: (writer, item) => {
      if (!is(item)) return false
      value.write(writer, element, item)
      return true
    },
  }
}

/** Several elements feeding one list in document order: `<Contents>` and `<CommonPrefixes>`. */
export function interleaved<T>(
  first: XmlChoice<T>,
  ...others: readonly XmlChoice<T>[]
): XmlField<readonly T[]> {
  const choices = [first, ...others]
  const items = new Map(choices.map(({ element, item }) => [element, item]))
  return {
    elements: [...items.keys()],
    isRequired: false,
    initial: () => [],
    accumulates: true,
    read: itemsReader((element) => items.get(element) ?? first.item),
    write: (writer, items) => {
      for (const each of items) choices.some(({ write }) => write(writer, each))
    },
  }
}

/** An element repeated: `<Part/><Part/>`. The property is always an array. */
export function list<T>(element: string, value: XmlValue<T>): XmlField<readonly T[]> {
  return {
    elements: [element],
    isRequired: false,
    initial: () => [],
    accumulates: true,
    read: itemsReader(() => value),
    plain: value.plain,
    write: (writer, items) => {
      for (const each of items) value.write(writer, element, each)
    },
  }
}

/** Like {@link list}, but without any element the property is missing: for rare, small lists. */
export function optionalList<T>(
  element: string,
  value: XmlValue<T>,
): XmlField<readonly T[] | undefined> {
  return {
    elements: [element],
    isRequired: false,
    initial: absent,
    accumulates: true,
    read: itemsReader(() => value),
    plain: value.plain,
    write: (writer, items) => {
      for (const each of items ?? []) value.write(writer, element, each)
    },
  }
}

/** The text of every element that no other property names, by name; those with children are passed over. */
export function others(): XmlField<ReadonlyMap<string, string>> {
  return {
    elements: [],
    takesOthers: true,
    isRequired: false,
    initial: () => new Map(),
    accumulates: true,
    read: (reader, before) => {
      const { name } = reader
      const content = reader.readLeaf()
      const entries = before instanceof Map ? before : new Map<string, string>()
      return content === undefined ? entries : entries.set(name, content)
    },
    write: (writer, entries) => {
      for (const [name, content] of entries) writer.element(name, content)
    },
  }
}

/** A list in an element of its own, `<Buckets><Bucket/></Buckets>`; empty where that is missing. */
export function wrappedList<T>(
  element: string,
  itemElement: string,
  item: XmlValue<T>,
): XmlField<readonly T[]> {
  return { ...required(element, listOf(itemElement, item)), isRequired: false, initial: () => [] }
}
