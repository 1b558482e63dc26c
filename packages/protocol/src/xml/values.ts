import { parseIsoDate } from '../headers/dates.ts'
import { quoteEtag, unquoteEtag } from '../headers/etag.ts'
import { isXmlName } from './names.ts'
import type { XmlReader } from './reader.ts'
import type { XmlWriter } from './writer.ts'
import { XmlError } from './xml-error.ts'

/**
 * What an element holds, both ways. `read` begins after the start tag and ends after the end tag;
 * `write` writes the whole element under the name it is given.
 */
export interface XmlValue<T> {
  readonly read: (reader: XmlReader) => T
  readonly write: (writer: XmlWriter, element: string, value: T) => void
}

/** Text, exactly as it stands: keys may begin and end with blanks. */
export const text: XmlValue<string> = {
  read: (reader) => reader.readText(),
  write: (writer, element, value) => writer.element(element, value),
}

/**
 * A whole number from 0 to 2^53 - 1, in decimal digits and nothing else. A larger one is refused
 * rather than rounded.
 */
export const integer: XmlValue<number> = {
  read: (reader) => {
    const value = parseInteger(reader.readText())
    if (value === undefined) throw new XmlError('malformed integer', reader.offset)
    return value
  },
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
export const boolean: XmlValue<boolean> = {
  read: (reader) => {
    const value = booleans.get(reader.readText())
    if (value === undefined) throw new XmlError('malformed boolean', reader.offset)
    return value
  },
  write: (writer, element, value) => writer.element(element, String(value)),
}

/** A moment in ISO 8601; written in UTC with milliseconds, as AWS does. */
export const isoDate: XmlValue<Date> = {
  read: (reader) => {
    const value = parseIsoDate(reader.readText())
    if (value === undefined) throw new XmlError('malformed date', reader.offset)
    return value
  },
  write: (writer, element, value) => writer.element(element, value.toISOString()),
}

/** An ETag without its quotes and without `W/`; written with quotes. */
export const etag: XmlValue<string> = {
  read: (reader) => reader.readQuotedWord() ?? unquoteEtag(reader.readText()),
  write: (writer, element, value) => writer.element(element, quoteEtag(value)),
}

/**
 * One of a closed set of texts.
 *
 * @example
 * oneOf('Enabled', 'Suspended')
 */
export function oneOf<const T extends string>(...choices: readonly T[]): XmlValue<T> {
  return {
    read: (reader) => {
      const source = reader.readText()
      const value = choices.find((choice) => choice === source)
      if (value === undefined) throw new XmlError('unknown value', reader.offset)
      return value
    },
    write: (writer, element, value) => writer.element(element, value),
  }
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
  return {
    read: (reader) => {
      const items: T[] = []
      while (reader.nextChild()) {
        if (reader.name === itemElement) items.push(item.read(reader))
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
