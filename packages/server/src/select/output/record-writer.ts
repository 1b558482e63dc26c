import type { CsvDialect } from '../input/csv-dialect.ts'
import { jsonOf, textOf } from '../values/text.ts'
import type { Value } from '../values/value.ts'
import type { ResultFormat } from './result-format.ts'

/** Writes one record, its delimiter included. There are as many names as values. */
export type RecordWriter = (names: readonly string[], values: readonly Value[]) => string

export function recordWriter(format: ResultFormat): RecordWriter {
  if (format.kind === 'json') return jsonWriter(format.recordDelimiter)
  return csvWriter(format.dialect, format.quotesAlways)
}

export function recordDelimiterOf(format: ResultFormat): string {
  return format.kind === 'json' ? format.recordDelimiter : format.dialect.recordDelimiter
}

/** MISSING is left out, NULL is written. */
function jsonWriter(recordDelimiter: string): RecordWriter {
  // The same names come with nearly every record.
  let knownNames: readonly string[] = []
  let prefixes: readonly string[] = []
  return (names, values) => {
    if (names !== knownNames) {
      knownNames = names
      prefixes = names.map((name) => `${JSON.stringify(name)}:`)
    }
    let json = ''
    for (let at = 0; at < values.length; at++) {
      const value = values[at]
      if (value !== undefined) json += `${json === '' ? '' : ','}${prefixes[at]}${jsonOf(value)}`
    }
    return `{${json}}${recordDelimiter}`
  }
}

/** NULL and MISSING are empty fields. */
function csvWriter(dialect: CsvDialect, quotesAlways: boolean): RecordWriter {
  const { fieldDelimiter, recordDelimiter } = dialect
  return (_names, values) => {
    let line = ''
    for (let at = 0; at < values.length; at++) {
      const text = textOf(values[at])
      const field = quotesAlways || needsQuotes(text, dialect) ? quoted(text, dialect) : text
      line += at === 0 ? field : fieldDelimiter + field
    }
    return line + recordDelimiter
  }
}

function needsQuotes(
  text: string,
  { quote, fieldDelimiter, recordDelimiter }: CsvDialect,
): boolean {
  return (
    text.includes(fieldDelimiter) ||
    (quote !== '' && text.includes(quote)) ||
    text.includes('\n') ||
    text.includes('\r') ||
    text.includes(recordDelimiter)
  )
}

function quoted(text: string, { quote, escape }: CsvDialect): string {
  const mark = escape === '' ? quote : escape
  const escaped = mark === quote ? text : text.replaceAll(mark, () => mark + mark)
  return quote + (quote === '' ? text : escaped.replaceAll(quote, () => mark + quote)) + quote
}
