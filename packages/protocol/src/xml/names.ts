import { isAsciiNamePart, isNamePart, isNameStart } from './characters.ts'

/** A name as it stands in the source, and without its prefix. */
export interface XmlName {
  readonly qualified: string
  readonly local: string
}

const SLOTS = 128

/**
 * Reads names, giving the same object for the same name: a document repeats few names many times,
 * and a comparison is cheaper than a new string.
 *
 * It is a direct-mapped cache, not a set: names chosen to collide cost a new string each, no more.
 */
export class NameTable {
  readonly #slots: (XmlName | undefined)[] = Array.from({ length: SLOTS })

  /** The name that begins at `from`, or undefined where none does. */
  read(source: string, from: number): XmlName | undefined {
    const end = endOfName(source, from)
    if (end === from) return undefined
    const slot = slotOf(source, from, end)
    const known = this.#slots[slot]
    const isKnown = known?.qualified.length === end - from
    if (isKnown && source.startsWith(known.qualified, from)) return known
    const qualified = source.slice(from, end)
    const local = qualified.slice(qualified.lastIndexOf(':') + 1)
    return (this.#slots[slot] = { qualified, local })
  }
}

/** The index after the name that begins at `from`, or `from` where none does. */
function endOfName(source: string, from: number): number {
  const first = source.codePointAt(from)
  return first !== undefined && isNameStart(first) ? endOfNameParts(source, from) : from
}

/** The index of the first character at or after `from` that cannot stand in a name. */
function endOfNameParts(source: string, from: number): number {
  let at = from
  while (isAsciiNamePart(source.charCodeAt(at))) at++
  const code = source.codePointAt(at)
  if (code === undefined || code < 128 || !isNamePart(code)) return at
  return endOfWideNameParts(source, at)
}

function endOfWideNameParts(source: string, from: number): number {
  let at = from
  for (;;) {
    const code = source.codePointAt(at)
    if (code === undefined || !isNamePart(code)) return at
    at += code > 0xffff ? 2 : 1
  }
}

function slotOf(source: string, from: number, end: number): number {
  const hash = source.charCodeAt(from) * 31 + source.charCodeAt(end - 1) * 7 + (end - from)
  return hash & (SLOTS - 1)
}

/** Whether a text can be the name of an element. */
export function isXmlName(text: string): boolean {
  return text !== '' && endOfName(text, 0) === text.length
}
