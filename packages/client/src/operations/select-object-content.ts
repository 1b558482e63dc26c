import {
  encodeXml,
  selectObjectContentDocument,
  type InputSerialization,
  type OutputSerialization,
} from '@stowage/protocol'
import {
  checkBoolean,
  checkBucket,
  checkFunction,
  checkInteger,
  checkNotEmpty,
  checkObject,
  checkOneOf,
  checkProperties,
  checkRecord,
  checkText,
} from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import { BytesBody } from '../request/body.ts'
import type { S3StreamRequest } from '../request/request.ts'
import { decryptionHeaders, type SseCustomerKey } from '../request/sse.ts'
import type { SelectCounts } from '../results/select-counts.ts'
import { SelectReader } from '../results/select-reader.ts'
import { headerValue } from '../transport/transport.ts'

/** How a CSV object is written; what is missing has the default of S3. */
export interface SelectCsvInput {
  /** What the first line is: data (`NONE`, the default), names to use, or nothing of interest. */
  readonly fileHeaderInfo?: 'NONE' | 'USE' | 'IGNORE' | undefined
  /** Default `\n`. */
  readonly recordDelimiter?: string | undefined
  /** Default `,`. */
  readonly fieldDelimiter?: string | undefined
  /** Default `"`. */
  readonly quoteCharacter?: string | undefined
  /** What makes a quote within quotes plain; default `"`. */
  readonly quoteEscapeCharacter?: string | undefined
  /** Lines that begin with it are passed over; default `#`. */
  readonly comments?: string | undefined
  /** Whether quoted fields may hold the record delimiter. Default false. */
  readonly allowQuotedRecordDelimiter?: boolean | undefined
}

/** How a CSV result shall be written. */
export interface SelectCsvOutput {
  /** Default `ASNEEDED`. */
  readonly quoteFields?: 'ALWAYS' | 'ASNEEDED' | undefined
  /** Default `\n`. */
  readonly recordDelimiter?: string | undefined
  /** Default `,`. */
  readonly fieldDelimiter?: string | undefined
  /** Default `"`. */
  readonly quoteCharacter?: string | undefined
  /** Default `"`. */
  readonly quoteEscapeCharacter?: string | undefined
}

/** What the object holds: exactly one of the three. */
export type SelectInput =
  | {
      readonly csv: SelectCsvInput
      readonly json?: undefined
      readonly parquet?: undefined
      readonly compression?: 'NONE' | 'GZIP' | 'BZIP2' | undefined
    }
  | {
      readonly csv?: undefined
      /** One value after the other, or one a line. */
      readonly json: { readonly type: 'DOCUMENT' | 'LINES' }
      readonly parquet?: undefined
      readonly compression?: 'NONE' | 'GZIP' | 'BZIP2' | undefined
    }
  | {
      readonly csv?: undefined
      readonly json?: undefined
      /** Parquet compresses within. */
      readonly parquet: Readonly<Record<string, never>>
      readonly compression?: 'NONE' | undefined
    }

/** What the result shall be: exactly one of the two. */
export type SelectOutput =
  | { readonly csv: SelectCsvOutput; readonly json?: undefined }
  | {
      readonly csv?: undefined
      /** `recordDelimiter` is `\n` by default. */
      readonly json: { readonly recordDelimiter?: string | undefined }
    }

/** Options of `selectObjectContent`. */
export interface SelectOptions extends CallOptions {
  /** SQL of S3 Select, such as `SELECT s.name FROM S3Object s`. */
  readonly expression: string
  readonly input: SelectInput
  readonly output: SelectOutput
  /** Whether the store shall tell how far it is. Default: when `onProgress` is given. */
  readonly progress?: boolean | undefined
  /** Called while the result is read; what it throws ends the reading. */
  readonly onProgress?: ((progress: SelectCounts) => void) | undefined
  /**
   * Only records that begin within these bytes, both included; `end` alone: the last so many. Of
   * Parquet, the row groups that do. S3 refuses a range of what is compressed as a whole, and of
   * JSON documents.
   */
  readonly scanRange?: { readonly start?: number | undefined; readonly end?: number | undefined }
  /** The key that an object under SSE-C was written with. */
  readonly sse?: SseCustomerKey | undefined
  /** Messages larger than this are refused, in bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number | undefined
}

const operation = 'SelectObjectContent'
const compressions: ReadonlySet<string> = new Set(['NONE', 'GZIP', 'BZIP2'])
const defaultRecordDelimiter = '\n'
const minMaxMessageBytes = 1024
const maxMaxMessageBytes = 2 ** 31

/** What the properties of a form may be, by their names. */
type Form = Readonly<Record<string, 'text' | 'boolean' | ReadonlySet<unknown>>>

const csvForm: Form = {
  recordDelimiter: 'text',
  fieldDelimiter: 'text',
  quoteCharacter: 'text',
  quoteEscapeCharacter: 'text',
}
const inputForms: Readonly<Record<string, Form>> = {
  csv: {
    ...csvForm,
    fileHeaderInfo: new Set([undefined, 'NONE', 'USE', 'IGNORE']),
    comments: 'text',
    allowQuotedRecordDelimiter: 'boolean',
  },
  json: { type: new Set(['DOCUMENT', 'LINES']) },
  parquet: {},
}
const outputForms: Readonly<Record<string, Form>> = {
  csv: { ...csvForm, quoteFields: new Set([undefined, 'ALWAYS', 'ASNEEDED']) },
  json: { recordDelimiter: 'text' },
}

function checkProperty(argument: string, value: unknown, kind: Form[string]): void {
  if (typeof kind === 'object') checkOneOf(argument, value, kind)
  else if (kind === 'boolean') checkBoolean(argument, value)
  else if (value !== undefined) checkText(argument, value)
}

/** Of several forms exactly one must be there. */
function checkForm(
  argument: string,
  given: Readonly<Record<string, unknown>>,
  forms: Readonly<Record<string, Form>>,
): void {
  const [only, ...more] = Object.entries(forms).filter(([name]) => given[name] !== undefined)
  if (!only || more.length > 0) {
    const names = Object.keys(forms).join(', ')
    throw new InvalidArgumentError(argument, `must have exactly one of ${names}`)
  }
  const [name, form] = only
  const value = given[name]
  checkProperties(`${argument}.${name}`, value, new Set(Object.keys(form)))
  for (const [property, kind] of Object.entries(form)) {
    checkProperty(`${argument}.${name}.${property}`, Reflect.get(value, property), kind)
  }
}

function inputOf(input: SelectInput): InputSerialization {
  checkRecord('input', input)
  const { csv, json, parquet, compression } = input
  checkForm('input', { csv, json, parquet }, inputForms)
  if (compression !== undefined) checkOneOf('input.compression', compression, compressions)
  if (parquet !== undefined && compression !== undefined && compression !== 'NONE') {
    throw new InvalidArgumentError('input.compression', 'does not go with parquet')
  }
  return { compressionType: compression, csv, json, parquet }
}

function outputOf(output: SelectOutput): OutputSerialization {
  checkRecord('output', output)
  const { csv, json } = output
  checkForm('output', { csv, json }, outputForms)
  return { csv, json }
}

function checkScanRange(range: SelectOptions['scanRange']): void {
  if (range === undefined) return
  checkRecord('scanRange', range)
  const { start, end } = range
  const max = Number.MAX_SAFE_INTEGER
  if (start !== undefined) checkInteger('scanRange.start', start, 0, max)
  if (end !== undefined) checkInteger('scanRange.end', end, start ?? 0, max)
  if (start === undefined && end === undefined) {
    throw new InvalidArgumentError('scanRange', 'must have a start or an end')
  }
}

function checkSelect(bucket: string, object: string, options: SelectOptions): void {
  checkBucket(bucket)
  checkObject(object)
  checkNotEmpty('expression', options.expression)
  checkText('expression', options.expression)
  checkScanRange(options.scanRange)
  checkBoolean('progress', options.progress)
  checkFunction('onProgress', options.onProgress)
  if (options.maxMessageBytes !== undefined) {
    const { maxMessageBytes } = options
    checkInteger('maxMessageBytes', maxMessageBytes, minMaxMessageBytes, maxMaxMessageBytes)
  }
}

function recordDelimiterOf({ csv, json }: SelectOutput): string {
  return (csv ?? json)?.recordDelimiter || defaultRecordDelimiter
}

/** SelectObjectContent. It only reads, so it may be sent again until its result has begun. */
export function selectObjectContent(
  bucket: string,
  object: string,
  options: SelectOptions,
): S3StreamRequest<SelectReader> {
  checkSelect(bucket, object, options)
  const { expression, output, onProgress, scanRange, sse, maxMessageBytes } = options
  const sseHeaders = sse === undefined ? {} : decryptionHeaders(sse)
  const enabled = options.progress ?? onProgress !== undefined
  const document = encodeXml(selectObjectContentDocument, {
    expression,
    expressionType: 'SQL',
    requestProgress: enabled ? { enabled } : undefined,
    inputSerialization: inputOf(options.input),
    outputSerialization: outputOf(output),
    scanRange,
  })
  return {
    operation,
    method: 'POST',
    bucket,
    object,
    query: [
      ['select', ''],
      ['select-type', '2'],
    ],
    headers: { 'content-type': 'application/xml', ...sseHeaders },
    body: new BytesBody(Buffer.from(document, 'utf8')),
    idempotent: true,
    answer: 'stream',
    readStream: (reply, attempts) => {
      const { status, headers } = reply
      const requestId = headerValue(headers, 'x-amz-request-id')
      const hostId = headerValue(headers, 'x-amz-id-2')
      const { redact } = reply
      const facts = { operation, bucket, key: object, attempts, status, requestId, hostId, redact }
      const recordDelimiter = recordDelimiterOf(output)
      return new SelectReader(reply.body, facts, { recordDelimiter, maxMessageBytes, onProgress })
    },
  }
}
