import { XmlError } from './xml-error.ts'

/* oxlint-disable no-control-regex -- control characters are what these expressions look for */

const NEEDS_ESCAPE = /[&<>"\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/
const CANNOT_CARRY = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u
const ESCAPABLE = /[&<>"\u0000-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
])

/**
 * Whether XML 1.0 can carry a text: not, where it holds control characters other than tab and line
 * ends, U+FFFE, U+FFFF or half a surrogate pair. Keys of that kind cannot be named in a
 * DeleteObjects request; they need a DeleteObject each.
 *
 * @example
 * isXmlText('a&b') // true
 * isXmlText('a\u0001b') // false
 */
export function isXmlText(text: string): boolean {
  return !CANNOT_CARRY.test(text)
}

/**
 * Escapes a text for the content of an element or an attribute value.
 *
 * Line ends and tabs become references, since readers would change them otherwise. Characters that
 * XML 1.0 cannot carry become references too (`&#1;`), as S3 itself writes them in listings: few
 * readers accept them, ours does. See {@link isXmlText}.
 *
 * @throws XmlError for half a surrogate pair, which no encoding of Unicode can carry
 */
export function escapeXml(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(ESCAPABLE, escapeCharacter) : text
}

function escapeCharacter(character: string, offset: number): string {
  const entity = entities.get(character)
  if (entity !== undefined) return entity
  const code = character.charCodeAt(0)
  if (code >= 0xd800 && code <= 0xdfff) throw new XmlError('half a surrogate pair', offset)
  return `&#${code};`
}

/** An attribute to be written: its name and its value, not yet escaped. */
export type XmlAttribute = readonly [name: string, value: string]

/** Puts a document together. Names are written as they are: they come from tables, not from outside. */
export class XmlWriter {
  #output = '<?xml version="1.0" encoding="UTF-8"?>\n'
  #pendingAttributes: readonly XmlAttribute[]

  /** @param rootAttributes - attributes of the first element that is opened, such as `xmlns` */
  constructor(rootAttributes: readonly XmlAttribute[] = []) {
    this.#pendingAttributes = rootAttributes
  }

  /** Writes a start tag. */
  open(element: string, attributes: readonly XmlAttribute[] = []): void {
    let tag = `<${element}`
    for (const [name, value] of this.#pendingAttributes) tag += ` ${name}="${escapeXml(value)}"`
    for (const [name, value] of attributes) tag += ` ${name}="${escapeXml(value)}"`
    this.#pendingAttributes = []
    this.#output += `${tag}>`
  }

  /** Writes an end tag. */
  close(element: string): void {
    this.#output += `</${element}>`
  }

  /** Writes an element with text, escaped. */
  element(element: string, text: string): void {
    this.open(element)
    this.#output += escapeXml(text)
    this.close(element)
  }

  /** The document so far. */
  toString(): string {
    return this.#output
  }
}
