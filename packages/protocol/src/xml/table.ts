import type { XmlReader } from './reader.ts'
import { XmlError } from './xml-error.ts'

/** An object while it is put together: the types were checked when its table was made. */
export type Decoded = Record<string, unknown>

/** How text is read that stands in the source as it is meant: without references, in one piece. */
export interface PlainText<T> {
  /** A regular expression that matches such texts, and catches in its one group what `parse` gets. */
  readonly pattern: string
  /** Undefined where the text is malformed. */
  readonly parse: (text: string) => T | undefined
}

/** One property of an object, as reading needs it. */
export interface Slot {
  readonly property: string
  readonly accumulates: boolean
  /** A bit of its own where the property is required, otherwise 0. */
  readonly requiredBit: number
  readonly read: (reader: XmlReader, before: unknown) => unknown
  /** Of a text, or of texts that add to an array, beside `read`. */
  readonly plain: PlainText<unknown> | undefined
  /** Of an object that comes once, beside `read`. */
  readonly table: ObjectTable | undefined
}

/** What an element with children becomes. */
export interface ObjectTable {
  /** By the name of the child element. */
  readonly slots: ReadonlyMap<string, Slot>
  /** Of every other child. */
  readonly otherSlot: Slot | undefined
  /** The bits of all required properties. */
  readonly required: number
  /** What the object is before any child is read. */
  readonly start: () => Decoded
}

/** Adds to the array that is being built; copying it for each item would take quadratic time. */
export function append<T>(items: readonly T[] | undefined, item: T): readonly T[] {
  if (items === undefined) return [item]
  // Only reading makes the array, so it may still grow.
  const growing = items as T[]
  growing.push(item)
  return growing
}

/**
 * Reads the open element, child by child.
 *
 * @throws XmlError where something is malformed or missing
 */
export function readObject(table: ObjectTable, reader: XmlReader): Decoded {
  const decoded = table.start()
  let seen = 0
  while (reader.nextChild()) {
    const slot = table.slots.get(reader.name) ?? table.otherSlot
    if (slot === undefined) {
      reader.skip()
      continue
    }
    const before = slot.accumulates ? decoded[slot.property] : undefined
    decoded[slot.property] = slot.read(reader, before)
    seen |= slot.requiredBit
  }
  if (seen !== table.required) throw new XmlError('a required element is missing', reader.offset)
  return decoded
}
