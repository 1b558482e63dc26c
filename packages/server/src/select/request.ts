import type {
  CsvInput,
  CsvOutput,
  ErrorCode,
  InputSerialization,
  OutputSerialization,
  SelectObjectContentRequest,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { ByteRange } from './input/byte-range.ts'
import type { CsvInputDialect } from './input/csv-dialect.ts'
import type { HeaderMode } from './input/csv-table.ts'
import type { Compression } from './input/decompress.ts'
import type { JsonType } from './input/json-table.ts'
import type { ResultFormat } from './output/result-format.ts'
import type { Statement } from './sql/ast.ts'
import { parseStatement } from './sql/parser.ts'

export type InputFormat =
  | { readonly kind: 'csv'; readonly header: HeaderMode; readonly dialect: CsvInputDialect }
  | { readonly kind: 'json'; readonly type: JsonType }
  | { readonly kind: 'parquet' }

/** A request that has been checked. */
export interface SelectPlan {
  readonly statement: Statement
  readonly compression: Compression
  readonly input: InputFormat
  readonly output: ResultFormat
  readonly range: ByteRange | undefined
  readonly wantsProgress: boolean
}

/** @throws S3Failure with one of the codes of S3 Select */
export function planSelect(request: SelectObjectContentRequest, sizeBytes: number): SelectPlan {
  const { inputSerialization, outputSerialization, expression } = request
  if (inputSerialization === undefined || outputSerialization === undefined) {
    throw new S3Failure('MissingRequiredParameter')
  }
  if (expression === undefined || expression === '' || request.expressionType === undefined) {
    throw new S3Failure('MissingRequiredParameter')
  }
  oneOf(request.expressionType, ['SQL'], 'InvalidExpressionType')
  const input = inputFormat(inputSerialization)
  const compression = compressionOf(inputSerialization, input)
  return {
    statement: parseStatement(expression),
    compression,
    input,
    output: resultFormat(outputSerialization),
    range: rangeOf(request, { input, compression, sizeBytes }),
    wantsProgress: request.requestProgress?.enabled === true,
  }
}

/** Like MinIO, takes the choices in any case: the documentation of AWS has `Use` beside `USE`. */
function oneOf<const T extends string>(
  value: string | undefined,
  choices: readonly [T, ...T[]],
  code: ErrorCode,
): T {
  if (value === undefined || value === '') return choices[0]
  const found = choices.find((choice) => choice === value.toUpperCase())
  if (found === undefined) throw new S3Failure(code)
  return found
}

function compressionOf({ compressionType }: InputSerialization, input: InputFormat): Compression {
  const choices = ['NONE', 'GZIP', 'BZIP2'] as const
  const compression = oneOf(compressionType, choices, 'InvalidCompressionFormat')
  if (compression === 'BZIP2') {
    throw new S3Failure('NotImplemented', { message: 'Select does not read BZIP2.' })
  }
  // Parquet compresses its columns itself.
  if (compression !== 'NONE' && input.kind === 'parquet') {
    throw new S3Failure('InvalidRequestParameter')
  }
  return compression
}

function inputFormat({ csv, json, parquet }: InputSerialization): InputFormat {
  const given = [csv, json, parquet].filter((format) => format !== undefined).length
  if (given !== 1) throw new S3Failure('ObjectSerializationConflict')
  if (csv !== undefined) {
    const modes = ['NONE', 'USE', 'IGNORE'] as const
    const header = oneOf(csv.fileHeaderInfo, modes, 'InvalidFileHeaderInfo')
    return { kind: 'csv', header, dialect: inputDialect(csv) }
  }
  if (json === undefined) return { kind: 'parquet' }
  return { kind: 'json', type: oneOf(json.type, ['DOCUMENT', 'LINES'], 'InvalidJsonType') }
}

function resultFormat({ csv, json }: OutputSerialization): ResultFormat {
  if ((csv === undefined) === (json === undefined)) {
    throw new S3Failure('ObjectSerializationConflict')
  }
  if (csv === undefined) return { kind: 'json', recordDelimiter: json?.recordDelimiter ?? '\n' }
  const quoting = oneOf(csv.quoteFields, ['ASNEEDED', 'ALWAYS'], 'InvalidQuoteFields')
  return { kind: 'csv', dialect: dialectOf(csv), quotesAlways: quoting === 'ALWAYS' }
}

type DialectOptions = Pick<
  CsvInput & CsvOutput,
  'recordDelimiter' | 'fieldDelimiter' | 'quoteCharacter' | 'quoteEscapeCharacter'
>

function inputDialect(csv: CsvInput): CsvInputDialect {
  const { comments: comment = '#' } = csv
  if (comment.length > maxDelimiterCharacters) throw new S3Failure('InvalidRequestParameter')
  return {
    ...dialectOf(csv),
    comment,
    allowsQuotedRecordDelimiters: csv.allowQuotedRecordDelimiter === true,
  }
}

/** More characters than any client sends; S3 takes two for records and one for all else. */
const maxDelimiterCharacters = 8

function dialectOf(csv: DialectOptions): CsvInputDialect {
  const dialect = {
    recordDelimiter: csv.recordDelimiter ?? '\n',
    fieldDelimiter: csv.fieldDelimiter ?? ',',
    quote: csv.quoteCharacter ?? '"',
    escape: csv.quoteEscapeCharacter ?? '"',
    comment: '',
    allowsQuotedRecordDelimiters: false,
  }
  const { recordDelimiter, fieldDelimiter, quote, escape } = dialect
  const isValid =
    isDelimiter(recordDelimiter) &&
    isDelimiter(fieldDelimiter) &&
    quote.length <= 1 &&
    escape.length <= 1 &&
    new Set([recordDelimiter, fieldDelimiter, quote]).size === 3
  if (!isValid) throw new S3Failure('InvalidRequestParameter')
  return dialect
}

function isDelimiter(text: string): boolean {
  return text.length > 0 && text.length <= maxDelimiterCharacters
}

interface Ranged {
  readonly input: InputFormat
  readonly compression: Compression
  readonly sizeBytes: number
}

/**
 * What can be read from the middle: records in lines, and the row groups of Parquet. (User guide,
 * "Filtering and retrieving data using Amazon S3 Select".)
 */
function hasRanges(input: InputFormat, compression: Compression): boolean {
  return compression === 'NONE' && !(input.kind === 'json' && input.type === 'DOCUMENT')
}

/** @throws S3Failure UnsupportedScanRangeInput, InvalidScanRange */
function rangeOf(
  { scanRange }: SelectObjectContentRequest,
  { input, compression, sizeBytes }: Ranged,
): ByteRange | undefined {
  if (scanRange === undefined) return undefined
  const { start, end } = scanRange
  if (!hasRanges(input, compression)) throw new S3Failure('UnsupportedScanRangeInput')
  if (start === undefined && end === undefined) throw new S3Failure('InvalidScanRange')
  if (start === undefined) {
    return { start: Math.max(0, sizeBytes - (end ?? 0)), end: sizeBytes }
  }
  const last = end ?? sizeBytes
  if (start > last || (start >= sizeBytes && sizeBytes > 0)) throw new S3Failure('InvalidScanRange')
  return { start, end: last }
}
