import { Buffer } from 'node:buffer'

import { S3Failure } from '../../failure.ts'
import { maxRecordBytes } from '../values/text.ts'
import type { RangeTracker } from './byte-range.ts'
import type { CsvInputDialect } from './csv-dialect.ts'
import { readQuotedRecord } from './csv-quotes.ts'
import { TextFinder } from './text-finder.ts'

/** One record. The parser has a single one of these and fills it again and again. */
export class CsvRecord {
  readonly #delimiter: string
  #line = ''
  /** Undefined where the line holds no quotes, so that it is what it says. */
  #fields: readonly string[] | undefined
  /** Where the fields of the line begin, as far as that is known; of the last one also its end. */
  readonly #starts: number[] = [0]
  #knownFields = 0

  constructor(delimiter: string) {
    this.#delimiter = delimiter
  }

  setLine(line: string): void {
    this.#line = line
    this.#fields = undefined
    this.#knownFields = 0
  }

  setFields(fields: readonly string[]): void {
    this.#fields = fields
  }

  /** Undefined behind the last field. Finds only what it must: splitting lines takes time. */
  field(index: number): string | undefined {
    if (this.#fields !== undefined) return this.#fields[index]
    while (this.#knownFields <= index) {
      const from = this.#starts[this.#knownFields] ?? 0
      if (from > this.#line.length) return undefined
      const end = this.#line.indexOf(this.#delimiter, from)
      this.#knownFields++
      // A field that ends with the line ends where a delimiter would begin.
      const next = (end < 0 ? this.#line.length : end) + this.#delimiter.length
      this.#starts[this.#knownFields] = next
    }
    const from = this.#starts[index] ?? 0
    const end = (this.#starts[index + 1] ?? 0) - this.#delimiter.length
    return this.#line.slice(from, end)
  }

  get fields(): readonly string[] {
    return this.#fields ?? this.#line.split(this.#delimiter)
  }

  /** The record as it was written, where it needed no quotes. */
  get plainLine(): string | undefined {
    return this.#fields === undefined ? this.#line : undefined
  }
}

/**
 * Cuts text into CSV records, whatever the sizes of its pieces. Records without quotes are found by
 * `indexOf` alone and split only when a field is asked for. Empty lines are passed over.
 */
export class CsvParser {
  readonly record: CsvRecord
  readonly #dialect: CsvInputDialect
  readonly #tracker: RangeTracker | undefined
  /** Whether `\r\n` ends a record as well. */
  readonly #stripsCarriageReturn: boolean
  readonly #recordEnds: TextFinder
  readonly #fieldEnds: TextFinder
  readonly #quotes: TextFinder
  #text = ''
  #at = 0
  #isEnded = false
  #isBehindRange = false
  /** A record is open that is not looked at again before the text is so long. */
  #waitsForLength = 0

  constructor(dialect: CsvInputDialect, tracker?: RangeTracker) {
    this.#dialect = dialect
    this.#tracker = tracker
    this.#stripsCarriageReturn = dialect.recordDelimiter === '\n'
    this.#recordEnds = new TextFinder(dialect.recordDelimiter)
    this.#fieldEnds = new TextFinder(dialect.fieldDelimiter)
    this.#quotes = new TextFinder(dialect.quote)
    this.record = new CsvRecord(dialect.fieldDelimiter)
  }

  /** Whether no further record can be within the range. */
  get isBehindRange(): boolean {
    return this.#isBehindRange
  }

  /** Characters of the record that came last, its delimiter included. */
  get size(): number {
    return this.#at - this.#start
  }

  push(text: string): void {
    this.#text = this.#at < this.#text.length ? this.#text.slice(this.#at) + text : text
    this.#at = 0
    this.#recordEnds.reset(this.#text)
    this.#fieldEnds.reset(this.#text)
    this.#quotes.reset(this.#text)
  }

  /** Says that no more text comes: what is left is the last record. */
  end(): void {
    this.#isEnded = true
  }

  /**
   * Reads the header, which counts for each range.
   * @returns undefined until there is enough text
   */
  header(): readonly string[] | undefined {
    while (this.#advance()) {
      if (this.#take() !== undefined) return this.record.fields
    }
    return undefined
  }

  /**
   * @returns the record, undefined until there is enough text
   * @throws S3Failure OverMaxRecordSize, CSVUnescapedQuote
   */
  next(): CsvRecord | undefined {
    while (!this.#isBehindRange && this.#advance()) {
      const place = this.#take()
      if (place === 'within') return this.record
      if (place === 'behind') this.#isBehindRange = true
    }
    return undefined
  }

  #start = 0
  #contentEnd = 0
  #fields: readonly string[] | undefined

  /** Finds the next record, or a line to be passed over; false when there is not enough text. */
  #advance(): boolean {
    this.#start = this.#at
    if (this.#at >= this.#text.length) return false
    if (this.#text.length < this.#waitsForLength && !this.#isEnded) return false
    const found = this.#recordEnds.at(this.#start)
    if (found < 0 && !this.#isEnded) return this.#wait()
    const end = found < 0 ? this.#text.length : found
    if (this.#mayHaveQuotes(end)) return this.#advanceQuoted(end)
    this.#fields = undefined
    this.#finish(end)
    return true
  }

  #mayHaveQuotes(end: number): boolean {
    const quote = this.#quotes.at(this.#start)
    return quote >= 0 && quote < end && !this.#isComment()
  }

  #isComment(): boolean {
    const { comment } = this.#dialect
    return comment !== '' && this.#text.startsWith(comment, this.#start)
  }

  #advanceQuoted(end: number): boolean {
    const { allowsQuotedRecordDelimiters } = this.#dialect
    const read = readQuotedRecord(this.#text, this.#start, {
      dialect: this.#dialect,
      recordEnds: this.#recordEnds,
      fieldEnds: this.#fieldEnds,
      limit: allowsQuotedRecordDelimiters ? this.#text.length : end,
      isWhole: this.#isEnded || !allowsQuotedRecordDelimiters,
      stripsCarriageReturn: this.#stripsCarriageReturn,
    })
    if (read === undefined) return this.#wait()
    this.#fields = read.fields
    this.#finish(read.end)
    return true
  }

  #finish(end: number): void {
    this.#waitsForLength = 0
    this.#at = Math.min(end + this.#dialect.recordDelimiter.length, this.#text.length)
    const stripped =
      this.#stripsCarriageReturn && end > this.#start && this.#text.charCodeAt(end - 1) === 13
    this.#contentEnd = stripped ? end - 1 : end
    this.#checkSize(end - this.#start)
  }

  /** Fills the record; undefined for comments and empty lines. */
  #take(): 'before' | 'within' | 'behind' | undefined {
    const place = this.#tracker?.advance(this.#text.slice(this.#start, this.#at)) ?? 'within'
    if (this.#contentEnd === this.#start || this.#isComment()) {
      return place === 'behind' ? place : undefined
    }
    if (this.#fields === undefined) {
      this.record.setLine(this.#text.slice(this.#start, this.#contentEnd))
    } else this.record.setFields(this.#fields)
    return place
  }

  /** Reading the open record again with each piece would take quadratic time. */
  #wait(): false {
    const length = this.#text.length - this.#start
    this.#checkSize(length)
    this.#waitsForLength = Math.min(2 * length, maxRecordBytes + 1)
    return false
  }

  /** A line without end must not fill the memory (CVE-2026-39414 of MinIO). */
  #checkSize(length: number): void {
    if (length * 3 <= maxRecordBytes) return
    const isTooLarge =
      length > maxRecordBytes ||
      Buffer.byteLength(this.#text.slice(this.#start, this.#start + length)) > maxRecordBytes
    if (isTooLarge) throw new S3Failure('OverMaxRecordSize')
  }
}
