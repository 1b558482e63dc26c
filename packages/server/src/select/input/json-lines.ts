import { Buffer } from 'node:buffer'

import { S3Failure } from '../../failure.ts'
import { maxJsonDepth, maxRecordBytes } from '../values/text.ts'
import type { RangeTracker } from './byte-range.ts'
import { JsonScanner } from './json-scanner.ts'

/**
 * Cuts text into lines of JSON. Several values on a line are several records, as on MinIO; the
 * place of the line counts for all of them.
 */
export class JsonLines {
  readonly #tracker: RangeTracker | undefined
  #text = ''
  #at = 0
  /** In what is before this, no line ends any more. */
  #searchFrom = 0
  #isEnded = false
  #isBehindRange = false
  /** Values that are left of a line with several. */
  #pending: JsonScanner | undefined

  constructor(tracker?: RangeTracker) {
    this.#tracker = tracker
  }

  /** Whether no further record can be within the range. */
  get isBehindRange(): boolean {
    return this.#isBehindRange
  }

  push(text: string): void {
    this.#searchFrom = Math.max(this.#searchFrom, this.#at) - this.#at
    this.#text = this.#text.slice(this.#at) + text
    this.#at = 0
  }

  end(): void {
    this.#isEnded = true
  }

  /**
   * @returns the text of the next value, undefined until there is enough
   * @throws S3Failure OverMaxRecordSize, JSONParsingError
   */
  next(): string | undefined {
    for (;;) {
      const pending = this.#pending?.next()
      if (pending !== undefined) return pending
      this.#pending = undefined
      const line = this.#nextLine()
      if (line === undefined) return undefined
      if (isOneValue(line)) return line
      this.#pending = new JsonScanner()
      this.#pending.push(line)
      this.#pending.end()
    }
  }

  #nextLine(): string | undefined {
    while (!this.#isBehindRange && this.#at < this.#text.length) {
      const start = this.#at
      const found = this.#text.indexOf('\n', Math.max(start, this.#searchFrom))
      const end = found < 0 ? this.#text.length : found
      if (end - start > maxRecordBytes / 3) checkSize(this.#text.slice(start, end))
      if (found < 0 && !this.#isEnded) {
        this.#searchFrom = end
        return undefined
      }
      this.#at = found < 0 ? end : end + 1
      const place = this.#tracker?.advance(this.#text.slice(start, this.#at)) ?? 'within'
      if (place === 'behind') this.#isBehindRange = true
      else if (place === 'within') return this.#text.slice(start, end)
    }
    return undefined
  }
}

function checkSize(line: string): void {
  if (Buffer.byteLength(line) > maxRecordBytes) throw new S3Failure('OverMaxRecordSize')
}

const oneObject = /^[ \t\r]*\{[^{}[\]]*\}[ \t\r]*$/

/**
 * Whether a line surely holds one value that is not nested too deep: an object with few brackets.
 * All others go through the scanner.
 */
function isOneValue(line: string): boolean {
  if (oneObject.test(line)) return true
  return line.startsWith('{') && isOneObject(line)
}

/** Counts brackets as far as that decides: more than there may be, and the scanner has to look. */
function isOneObject(line: string): boolean {
  if (/\}[ \t\r]*\{/.test(line)) return false
  let brackets = 0
  for (const open of ['{', '[']) {
    for (let at = line.indexOf(open); at >= 0; at = line.indexOf(open, at + 1)) {
      if (++brackets > maxJsonDepth) return false
    }
  }
  return true
}
