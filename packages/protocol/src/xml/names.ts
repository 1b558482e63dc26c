import { isNamePart, isNameStart } from './characters.ts'

/** A name as it stands in the source, and without its prefix. */
export interface XmlName {
  readonly qualified: string
  readonly local: string
}

const SLOTS = 128

/**
 * Reads names, giving the same object for the same name: a listing repeats ten names thousands of
 * times, and an interned name needs neither a new string nor a new hash for each.
 *
 * It is a direct-mapped cache, not a set: names chosen to collide cost a new string each, no more.
 */
export class NameTable {
  readonly #slots: (XmlName | undefined)[] = Array.from({ length: SLOTS })

  /** The name that begins at `from`, or undefined where none does. */
  read(source: string, from: number): XmlName | undefined {
    let hash = 0
    let at = from
    for (;;) {
      const code = source.charCodeAt(at)
      if (code < 128) {
        if (!isNamePart(code)) break
        hash = (hash * 31 + code) | 0
        at++
      } else {
        const end = endOfWideName(source, at)
        if (end === at) break
        at = end
      }
    }
    const cached = this.#slots[hash & (SLOTS - 1)]
    if (
      cached !== undefined &&
      cached.qualified.length === at - from &&
      source.startsWith(cached.qualified, from)
    ) {
      return cached
    }
    return this.#add(source.slice(from, at), hash)
  }

  #add(qualified: string, hash: number): XmlName | undefined {
    const first = qualified.codePointAt(0)
    if (first === undefined || !isNameStart(first)) return undefined
    const local = qualified.slice(qualified.lastIndexOf(':') + 1)
    const name = { qualified, local }
    this.#slots[hash & (SLOTS - 1)] = name
    return name
  }
}

/** The index after the name characters beyond ASCII that begin at `from`. */
function endOfWideName(source: string, from: number): number {
  let at = from
  for (;;) {
    const code = source.codePointAt(at)
    if (code === undefined || code < 128 || !isNamePart(code)) return at
    at += code > 0xffff ? 2 : 1
  }
}

/** Whether a text can be the name of an element. */
export function isXmlName(text: string): boolean {
  return new NameTable().read(text, 0)?.qualified === text
}
