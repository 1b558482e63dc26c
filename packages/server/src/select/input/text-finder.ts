/**
 * Finds a text again and again in another one, from places that only grow. What was found ahead is
 * remembered: searching for a delimiter that is rare, once per record, would take quadratic time.
 */
export class TextFinder {
  readonly #wanted: string
  #text = ''
  /** The first place at or behind which nothing has been looked for is remembered as found. */
  #found = -1
  #from = 0

  /** @param wanted an empty text is never found */
  constructor(wanted: string, text = '') {
    this.#wanted = wanted
    this.reset(text)
  }

  reset(text: string): void {
    this.#text = text
    this.#from = Infinity
  }

  /** @returns the first place at or behind `from`, or -1 */
  at(from: number): number {
    const isKnown = from >= this.#from && (this.#found < 0 || this.#found >= from)
    if (!isKnown) {
      this.#found = this.#wanted === '' ? -1 : this.#text.indexOf(this.#wanted, from)
      this.#from = from
    }
    return this.#found
  }
}
