import { XmlReader } from './reader.ts'
import { append, type Decoded, type ObjectTable, type Slot } from './table.ts'

/** Matches and catches a text that the reader would take over as it is. */
export const PLAIN_TEXT = '([^<>&\\r\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\uffff]*)'

const BLANKS = '[ \\t\\r\\n]*'

/** Ten times what the richest item of S3 needs. */
const MAX_SOURCE_LENGTH = 20_000

/** What one element of a layout becomes: a text, or an object with steps of its own. */
interface Step {
  readonly slot: Slot
  /** Of the pattern; unused where there are inner steps. */
  readonly group: number
  readonly inner: readonly Step[] | undefined
}

/**
 * The way in which a store writes one kind of item: certain elements in a certain order, each with
 * plain text. One regular expression reads such an item in a fraction of the time that reading it
 * child by child takes, and matches nothing that could not be read so.
 */
export class Layout {
  /** Two layouts are the same when their sources are. */
  readonly source: string
  readonly #table: ObjectTable
  readonly #pattern: RegExp
  readonly #steps: readonly Step[]

  /**
   * Learns from an item that was read without fault.
   *
   * @param element - the item's name
   * @param content - what stands between its tags
   * @returns undefined for an item that holds what no pattern can say
   */
  static of(table: ObjectTable, element: string, content: string): Layout | undefined {
    const reader = new XmlReader(`<item>${content}</item>`)
    reader.next()
    const description = new Describer().describe(table, reader)
    if (description === undefined || description.source.length > MAX_SOURCE_LENGTH) return undefined
    return new Layout(table, BLANKS + tagged(element, description.source), description.steps)
  }

  private constructor(table: ObjectTable, source: string, steps: readonly Step[]) {
    this.source = source
    this.#table = table
    this.#pattern = new RegExp(source, 'y')
    this.#steps = steps
  }

  /** The next item, where it is well-formed and laid out like this; else nothing is read. */
  read(reader: XmlReader): Decoded | undefined {
    const match = reader.peek(this.#pattern)
    const decoded = match === undefined ? undefined : fill(this.#table, this.#steps, match)
    if (decoded !== undefined) reader.passTo(this.#pattern.lastIndex)
    return decoded
  }
}

function fill(
  table: ObjectTable,
  steps: readonly Step[],
  match: RegExpExecArray,
): Decoded | undefined {
  const decoded = table.start()
  for (const { slot, group, inner } of steps) {
    const { property } = slot
    const value =
      inner !== undefined && slot.table !== undefined
        ? fill(slot.table, inner, match)
        : slot.plain?.parse(match[group] ?? '')
    if (value === undefined) return undefined
    decoded[property] = slot.accumulates ? appended(decoded[property], value) : value
  }
  return decoded
}

/** Only lists accumulate plain text. */
function appended(before: unknown, item: unknown): readonly unknown[] {
  return append(Array.isArray(before) ? before : undefined, item)
}

function tagged(element: string, source: string): string {
  const name = element.replaceAll('.', '\\.')
  return `<${name}>${source}</${name}>`
}

interface Description {
  readonly source: string
  /** Of an object. */
  readonly steps: readonly Step[] | undefined
}

interface ObjectDescription extends Description {
  readonly steps: readonly Step[]
}

/** Describes one item by its elements, and numbers the groups of its pattern. */
class Describer {
  #groups = 0

  /** The open element. */
  describe(table: ObjectTable, reader: XmlReader): ObjectDescription | undefined {
    let source = BLANKS
    const steps: Step[] = []
    while (reader.nextChild()) {
      const { name } = reader
      const slot = table.slots.get(name) ?? table.otherSlot
      const content = this.#describeChild(slot, reader)
      if (content === undefined) return undefined
      if (slot !== undefined) steps.push({ slot, group: this.#groups, inner: content.steps })
      source += tagged(name, content.source) + BLANKS
    }
    return { source, steps }
  }

  #describeChild(slot: Slot | undefined, reader: XmlReader): Description | undefined {
    if (slot?.table !== undefined) return this.describe(slot.table, reader)
    const isText = reader.readLeaf() !== undefined
    if (!isText || (slot !== undefined && slot.plain === undefined)) return undefined
    this.#groups++
    return { source: slot?.plain?.pattern ?? PLAIN_TEXT, steps: undefined }
  }
}
