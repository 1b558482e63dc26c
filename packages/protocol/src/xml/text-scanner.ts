import { endOfPlainText } from './characters.ts'

/** Characters that need a closer look; few documents hold any. */
const UNUSUAL = /[^\t\n\u0020-\ud7ff]/

/**
 * Finds the ends of runs of text that can be taken over as they are.
 *
 * One pass of a regular expression tells whether a document has only usual characters; then
 * `indexOf`, which compares many characters at a time, finds the rest. That halves the time that a
 * listing takes, against a look at each character.
 */
export class TextScanner {
  readonly #source: string
  readonly #isUsual: boolean
  // Where each search last stopped. They only move on, so that all of them together take linear time.
  #markup = -1
  #reference = -1
  #cdataEnd = -1

  constructor(source: string) {
    this.#source = source
    this.#isUsual = !UNUSUAL.test(source)
  }

  /**
   * The index of the first character at or after `from` that text cannot simply take over; in the
   * worst case one that turns out harmless. Calls must not go backwards.
   */
  end(from: number): number {
    if (!this.#isUsual) return endOfPlainText(this.#source, from)
    if (this.#markup < from) this.#markup = this.#find('<', from)
    if (this.#reference < from) this.#reference = this.#find('&', from)
    if (this.#cdataEnd < from) this.#cdataEnd = this.#find(']]>', from)
    const end = this.#markup < this.#reference ? this.#markup : this.#reference
    return this.#cdataEnd < end ? this.#cdataEnd + 2 : end
  }

  #find(what: string, from: number): number {
    const at = this.#source.indexOf(what, from)
    return at < 0 ? this.#source.length : at
  }
}
