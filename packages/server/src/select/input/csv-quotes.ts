import { S3Failure } from '../../failure.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { TextFinder } from './text-finder.ts'

export interface QuotedReading {
  readonly dialect: CsvDialect
  readonly recordEnds: TextFinder
  readonly fieldEnds: TextFinder
  /** Where the text ends for this record, at the latest. */
  readonly limit: number
  /** Whether nothing more can come behind the limit. */
  readonly isWhole: boolean
  readonly stripsCarriageReturn: boolean
}

export interface QuotedRecord {
  readonly fields: readonly string[]
  /** Where the record delimiter begins. */
  readonly end: number
}

/**
 * Reads a record that holds quotes. A quote counts at the beginning of a field; elsewhere it is a
 * character like others, as MinIO reads it.
 *
 * @returns undefined where the end of the record has not come yet
 * @throws S3Failure CSVUnescapedQuote for a quote without end
 */
export function readQuotedRecord(
  text: string,
  start: number,
  reading: QuotedReading,
): QuotedRecord | undefined {
  return new QuotedRecordReader(text, reading).read(start)
}

class QuotedRecordReader {
  readonly #text: string
  readonly #reading: QuotedReading
  readonly #quotes: TextFinder
  readonly #escapes: TextFinder

  constructor(text: string, reading: QuotedReading) {
    const { quote, escape } = reading.dialect
    this.#text = text
    this.#reading = reading
    this.#quotes = new TextFinder(quote, text)
    this.#escapes = new TextFinder(escape === quote ? '' : escape, text)
  }

  read(start: number): QuotedRecord | undefined {
    const { dialect, isWhole, limit, recordEnds, fieldEnds } = this.#reading
    const fields: string[] = []
    let at = start
    for (;;) {
      const quoted = this.#text.startsWith(dialect.quote, at) ? this.#readQuoted(at) : undefined
      const behind = quoted === undefined ? at : quoted.end
      if (behind < 0) return undefined
      const recordEnd = recordEnds.at(behind)
      if (recordEnd < 0 && !isWhole) return undefined
      const end = recordEnd < 0 || recordEnd > limit ? limit : recordEnd
      const fieldEnd = fieldEnds.at(behind)
      const isLast = fieldEnd < 0 || fieldEnd >= end
      const tail = this.#text.slice(behind, isLast ? this.#contentEnd(behind, end) : fieldEnd)
      fields.push((quoted?.value ?? '') + tail)
      if (isLast) return { fields, end }
      at = fieldEnd + dialect.fieldDelimiter.length
    }
  }

  #contentEnd(from: number, end: number): number {
    const strips = this.#reading.stripsCarriageReturn && end > from
    return strips && this.#text.charCodeAt(end - 1) === 13 ? end - 1 : end
  }

  /** @returns the text within the quotes, and where it ends: -1 where that has not come yet */
  #readQuoted(start: number): { readonly value: string; readonly end: number } {
    const { quote, escape } = this.#reading.dialect
    let value = ''
    let from = start + quote.length
    for (;;) {
      const found = this.#quotes.at(from)
      const close = found < this.#reading.limit ? found : -1
      const escaped = this.#escapeBefore(from, close)
      const mark = escaped < 0 ? close : escaped
      if (mark < 0) return this.#unterminated()
      const isEscape = escape !== '' && (escaped >= 0 || escape === quote)
      const next = isEscape ? this.#markAt(mark + 1) : ''
      if (next === undefined) return this.#unterminated()
      value += this.#text.slice(from, mark)
      if (next === '') {
        if (escaped < 0) return { value, end: mark + quote.length }
        value += escape
        from = mark + 1
      } else {
        value += next
        from = mark + 1 + next.length
      }
    }
  }

  /** Where an escape character stands before the next quote; -1 where none does. */
  #escapeBefore(from: number, close: number): number {
    const found = this.#escapes.at(from)
    return found < (close < 0 ? this.#reading.limit : close) ? found : -1
  }

  /** The quote or escape character that stands there, '' for others, undefined if not known yet. */
  #markAt(at: number): string | undefined {
    const { quote, escape } = this.#reading.dialect
    if (at >= this.#reading.limit) return this.#reading.isWhole ? '' : undefined
    if (this.#text.startsWith(quote, at)) return quote
    return escape !== quote && this.#text.startsWith(escape, at) ? escape : ''
  }

  #unterminated(): { readonly value: string; readonly end: number } {
    if (this.#reading.isWhole) throw new S3Failure('CSVUnescapedQuote')
    return { value: '', end: -1 }
  }
}
