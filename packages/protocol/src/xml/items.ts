import { Layout } from './layout.ts'
import type { XmlReader } from './reader.ts'
import { append, type ObjectTable } from './table.ts'
import type { XmlValue } from './values.ts'

/** What reading an item takes. */
export type XmlItem<T> = Pick<XmlValue<T>, 'read' | 'table'>

/** Reads the open element into a list, and the items that follow it, as far as their layout is known. */
export type ReadItems<T> = (reader: XmlReader, before: readonly T[] | undefined) => readonly T[]

/**
 * A reader for the items of a list. Stores write thousands of them alike, so after a few of them
 * the layout is known, also for the documents that follow.
 *
 * @param itemOf - what an element of this name holds
 */
export function itemsReader<T>(itemOf: (element: string) => XmlItem<T>): ReadItems<T> {
  const items = new ItemsReader(itemOf)
  return (reader, before) => items.read(reader, before)
}

/** So many items of a document are read child by child before their layout is learnt. */
const FIRST_LESSON = 4
/** A store rarely has more: versions and delete markers, objects with an owner and without. */
const KEPT_LAYOUTS = 4

class ItemsReader<T> {
  readonly #itemOf: (element: string) => XmlItem<T>
  /** The last one learnt comes first. */
  #layouts: readonly Layout[] = []
  /** How many items of a document were like none of them. */
  readonly #unlike = new WeakMap<XmlReader, number>()

  constructor(itemOf: (element: string) => XmlItem<T>) {
    this.#itemOf = itemOf
  }

  read(reader: XmlReader, before: readonly T[] | undefined): readonly T[] {
    const items = append(before, this.#readChildren(reader))
    for (;;) {
      const item = this.#readLikeOthers(reader)
      if (item === undefined) return items
      append(items, item)
    }
  }

  #readLikeOthers(reader: XmlReader): T | undefined {
    for (const layout of this.#layouts) {
      const decoded = layout.read(reader)
      // A layout reads by the table of the item from which it was learnt.
      if (decoded !== undefined) return decoded as T
    }
    return undefined
  }

  #readChildren(reader: XmlReader): T {
    const { name, tagOffset } = reader
    const { read, table } = this.#itemOf(name)
    const item = read(reader)
    if (table !== undefined && this.#isLesson(reader)) {
      this.#learn(table, reader.readSince(tagOffset))
    }
    return item
  }

  /** At 4, 8, 16, ... items unlike the others: those without any order cost a few lessons, no more. */
  #isLesson(reader: XmlReader): boolean {
    const count = (this.#unlike.get(reader) ?? 0) + 1
    this.#unlike.set(reader, count)
    return count >= FIRST_LESSON && (count & (count - 1)) === 0
  }

  #learn(table: ObjectTable, item: string | undefined): void {
    const layout = item === undefined ? undefined : Layout.of(table, item)
    if (layout === undefined) return
    const others = this.#layouts.filter(({ source }) => source !== layout.source)
    this.#layouts = [layout, ...others].slice(0, KEPT_LAYOUTS)
  }
}
