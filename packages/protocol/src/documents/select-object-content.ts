import { optional, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, integer, text } from '../xml/values.ts'

/** `CSV` in InputSerialization. What is missing has the default of S3. */
export interface CsvInput {
  /** `NONE` (default), `USE` or `IGNORE`: whether the first record names the columns. */
  readonly fileHeaderInfo?: string | undefined
  /** One or two characters; `\n` by default. */
  readonly recordDelimiter?: string | undefined
  /** `,` by default. */
  readonly fieldDelimiter?: string | undefined
  /** `"` by default. */
  readonly quoteCharacter?: string | undefined
  /** What stands before a quote within quotes; `"` by default. */
  readonly quoteEscapeCharacter?: string | undefined
  /** Records that begin with it are passed over; `#` by default, empty for none. */
  readonly comments?: string | undefined
  /** Whether a record may go on behind a record delimiter within quotes. */
  readonly allowQuotedRecordDelimiter?: boolean | undefined
}

/** `JSON` in InputSerialization. */
export interface JsonInput {
  /** `DOCUMENT` or `LINES`. */
  readonly type?: string | undefined
}

/** `Parquet` in InputSerialization: there is nothing to choose. */
export type ParquetInput = Readonly<Record<string, never>>

/** `InputSerialization`: how the object is written. Exactly one of csv, json and parquet. */
export interface InputSerialization {
  /** `NONE` (default), `GZIP` or `BZIP2`. */
  readonly compressionType?: string | undefined
  readonly csv?: CsvInput | undefined
  readonly json?: JsonInput | undefined
  readonly parquet?: ParquetInput | undefined
}

/** `CSV` in OutputSerialization. */
export interface CsvOutput {
  /** `ASNEEDED` (default) or `ALWAYS`. */
  readonly quoteFields?: string | undefined
  readonly recordDelimiter?: string | undefined
  readonly fieldDelimiter?: string | undefined
  readonly quoteCharacter?: string | undefined
  readonly quoteEscapeCharacter?: string | undefined
}

/** `JSON` in OutputSerialization. */
export interface JsonOutput {
  /** `\n` by default. */
  readonly recordDelimiter?: string | undefined
}

/** `OutputSerialization`: how the result is to be written. Exactly one of both. */
export interface OutputSerialization {
  readonly csv?: CsvOutput | undefined
  readonly json?: JsonOutput | undefined
}

/** `RequestProgress`: whether Progress messages are wanted. */
export interface RequestProgress {
  readonly enabled?: boolean | undefined
}

/**
 * `ScanRange`: take only the records that begin within these bytes of the object. With `end` alone,
 * the last so many bytes.
 */
export interface ScanRange {
  /** Offset of the first byte. */
  readonly start?: number | undefined
  /** Offset of the last byte. */
  readonly end?: number | undefined
}

/**
 * `SelectObjectContentRequest`: a query on one object. The choices are texts, since stores accept
 * them in several spellings and answer a wrong one with a code of its own.
 */
export interface SelectObjectContentRequest {
  readonly expression?: string | undefined
  /** `SQL`. */
  readonly expressionType?: string | undefined
  readonly requestProgress?: RequestProgress | undefined
  readonly inputSerialization?: InputSerialization | undefined
  readonly outputSerialization?: OutputSerialization | undefined
  readonly scanRange?: ScanRange | undefined
}

const inputSerialization = object<InputSerialization>({
  compressionType: optional('CompressionType', text),
  csv: optional(
    'CSV',
    object<CsvInput>({
      fileHeaderInfo: optional('FileHeaderInfo', text),
      recordDelimiter: optional('RecordDelimiter', text),
      fieldDelimiter: optional('FieldDelimiter', text),
      quoteCharacter: optional('QuoteCharacter', text),
      quoteEscapeCharacter: optional('QuoteEscapeCharacter', text),
      comments: optional('Comments', text),
      allowQuotedRecordDelimiter: optional('AllowQuotedRecordDelimiter', boolean),
    }),
  ),
  json: optional('JSON', object<JsonInput>({ type: optional('Type', text) })),
  parquet: optional('Parquet', object<ParquetInput>({})),
})

const outputSerialization = object<OutputSerialization>({
  csv: optional(
    'CSV',
    object<CsvOutput>({
      quoteFields: optional('QuoteFields', text),
      recordDelimiter: optional('RecordDelimiter', text),
      fieldDelimiter: optional('FieldDelimiter', text),
      quoteCharacter: optional('QuoteCharacter', text),
      quoteEscapeCharacter: optional('QuoteEscapeCharacter', text),
    }),
  ),
  json: optional(
    'JSON',
    object<JsonOutput>({ recordDelimiter: optional('RecordDelimiter', text) }),
  ),
})

/** The document `<SelectObjectContentRequest>`. White space in delimiters survives. */
export const selectObjectContentDocument: XmlDocument<SelectObjectContentRequest> = s3Document(
  'SelectObjectContentRequest',
  object<SelectObjectContentRequest>({
    expression: optional('Expression', text),
    expressionType: optional('ExpressionType', text),
    requestProgress: optional(
      'RequestProgress',
      object<RequestProgress>({ enabled: optional('Enabled', boolean) }),
    ),
    inputSerialization: optional('InputSerialization', inputSerialization),
    outputSerialization: optional('OutputSerialization', outputSerialization),
    scanRange: optional(
      'ScanRange',
      object<ScanRange>({ start: optional('Start', integer), end: optional('End', integer) }),
    ),
  }),
)

/** What the payload of a Stats or Progress message counts. */
export interface SelectCounts {
  /** Bytes read of the object as it is stored. */
  readonly bytesScanned: number
  /** The same after decompression. */
  readonly bytesProcessed: number
  /** Bytes of records sent. */
  readonly bytesReturned: number
}

const counts = object<SelectCounts>({
  bytesScanned: withDefault('BytesScanned', integer, 0),
  bytesProcessed: withDefault('BytesProcessed', integer, 0),
  bytesReturned: withDefault('BytesReturned', integer, 0),
})

/** The document `<Stats>`: payload of the message before the last. It has no namespace. */
export const selectStatsDocument: XmlDocument<SelectCounts> = { root: 'Stats', value: counts }

/** The document `<Progress>`: payload of the messages sent in between. */
export const selectProgressDocument: XmlDocument<SelectCounts> = { root: 'Progress', value: counts }
