import { ISO_DATE_SHAPE, parseIsoDate, shapedIsoDate } from '../headers/dates.ts'
import { quoteEtag, unquoteEtag } from '../headers/etag.ts'
import { itemsReader } from './items.ts'
import { PLAIN_TEXT } from './layout.ts'
import { isXmlName } from './names.ts'
import type { XmlReader } from './reader.ts'
import type { ObjectTable, PlainText } from './table.ts'
import type { XmlWriter } from './writer.ts'
import { XmlError } from './xml-error.ts'

/**
 * What an element holds, both ways. `read` begins after the start tag and ends after the end tag;
 * `write` writes the whole element under the name it is given.
 */
export interface XmlValue<T> {
  readonly read: (reader: XmlReader) => T
  /** Of a text, beside `read`. */
  readonly plain?: PlainText<T> | undefined
  /** Of an object, beside `read`. */
  readonly table?: ObjectTable | undefined
  readonly write: (writer: XmlWriter, element: string, value: T) => void
}

/**
 * A text that means something.
 *
 * @param what - it is, for errors
 * @param parse - gives undefined where the text is malformed
 */
export function textual<T>(
  what: string,
  parse: (text: string) => T | undefined,
  format: (value: T) => string,
): XmlValue<T> {
  return {
    read: (reader) => {
      const value = parse(reader.readText())
      if (value === undefined) throw new XmlError(`malformed ${what}`, reader.offset)
      return value
    },
    plain: { pattern: PLAIN_TEXT, parse },
    write: (writer, element, value) => writer.element(element, format(value)),
  }
}

function unchanged(value: string): string {
  return value
}

/** Text, exactly as it stands: keys may begin and end with blanks. */
export const text: XmlValue<string> = textual('text', unchanged, unchanged)

/**
 * A whole number from 0 to 2^53 - 1, in decimal digits and nothing else. A larger one is refused
 * rather than rounded.
 */
export const integer: XmlValue<number> = {
  ...textual('integer', parseInteger, String),
  write: (writer, element, value) => {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`<${element}> cannot hold ${value}`)
    }
    writer.element(element, String(value))
  },
}

const MAX_DIGITS = 16

function parseInteger(source: string): number | undefined {
  const { length } = source
  if (length === 0 || length > MAX_DIGITS) return undefined
  let value = 0
  for (let at = 0; at < length; at++) {
    const digit = source.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return Number.isSafeInteger(value) ? value : undefined
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
])

/** `true` or `false`, in the three spellings that stores use. */
export const boolean: XmlValue<boolean> = textual(
  'boolean',
  (source) => booleans.get(source),
  String,
)

/** A moment in ISO 8601; written in UTC with milliseconds, as AWS does. */
export const isoDate: XmlValue<Date> = {
  ...textual('date', parseIsoDate, (date) => date.toISOString()),
  plain: { pattern: `(${ISO_DATE_SHAPE})`, parse: shapedIsoDate },
}

const XML_QUOTE = '(?:"|&quot;|&#34;)'

/** An ETag without its quotes and without `W/`; written with quotes. */
export const etag: XmlValue<string> = {
  ...textual('ETag', unquoteEtag, quoteEtag),
  plain: { pattern: `${XML_QUOTE}([-.:\\w]*)${XML_QUOTE}`, parse: unchanged },
}

/**
 * One of a closed set of texts.
 *
 * @example
 * oneOf('Enabled', 'Suspended')
 */
export function oneOf<const T extends string>(...choices: readonly T[]): XmlValue<T> {
  return textual('value', (source) => choices.find((choice) => choice === source), unchanged)
}

/** Names that come from outside, so without a prototype that a name could hit. */
export type XmlRecord = Readonly<Record<string, string>>

/**
 * Children of any name, each with text: MinIO lists user metadata like that. Of two children with
 * one name the last counts. Names that XML cannot write are left out on writing.
 */
export const record: XmlValue<XmlRecord> = {
  read: (reader) => {
    // Object.create is typed as any.
    const entries = Object.create(null) as Record<string, string>
    while (reader.nextChild()) {
      const { name } = reader
      entries[name] = reader.readText()
    }
    return entries
  },
  write: (writer, element, value) => {
    writer.open(element)
    for (const [name, item] of Object.entries(value)) {
      if (isXmlName(name)) writer.element(name, item)
    }
    writer.close(element)
  },
}

/** A list in an element of its own: `<Buckets><Bucket/><Bucket/></Buckets>`. */
export function listOf<T>(itemElement: string, item: XmlValue<T>): XmlValue<readonly T[]> {
  const readItems = itemsReader(() => item)
  return {
    read: (reader) => {
      let items: readonly T[] = []
      while (reader.nextChild()) {
        if (reader.name === itemElement) items = readItems(reader, items)
        else reader.skip()
      }
      return items
    },
    write: (writer, element, items) => {
      writer.open(element)
      for (const each of items) item.write(writer, itemElement, each)
      writer.close(element)
    },
  }
}
