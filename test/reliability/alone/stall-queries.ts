import { parquetWriteBuffer } from 'hyparquet-writer'
import type { RawRequest } from '../../../packages/server/test/support/raw-client.ts'
import { filled } from '../support/hostile.ts'
import { bucket } from './stall-documents.ts'

/** An object of one megabyte that a query is hard on. */
export interface Queried {
  readonly bytes: string | Uint8Array
  readonly sql: string
  readonly input: string
}

export const csv = '<CSV/>'
const lines = '<JSON><Type>LINES</Type></JSON>'
const terms = (count: number, term: (at: number) => string, join = ' OR '): string =>
  Array.from({ length: count }, (_, at) => term(at)).join(join)
const from = (expression: string): string => `SELECT COUNT(*) FROM S3Object s WHERE ${expression}`
const longText = `${'ab'.repeat(500_000)}\n`

export const queries: Readonly<Record<string, Queried>> = {
  '1,000 terms': {
    bytes: 'abc,def\n'.repeat(30_000),
    sql: from(terms(1000, (at) => `s._1 = 'x${at}'`)),
    input: csv,
  },
  'LIKE on long texts': {
    bytes: longText,
    sql: from(terms(200, () => "s._1 LIKE '%b_b%a'")),
    input: csv,
  },
  'functions on long texts': {
    bytes: longText,
    sql: from(terms(60, () => "TRIM(LOWER(SUBSTRING(s._1, 2))) = 'a'")),
    input: csv,
  },
  'few functions on long texts': {
    bytes: `${'é😀'.repeat(150_000)}\n`,
    sql: 'SELECT TRIM(s._1), UPPER(s._1) FROM S3Object s',
    input: csv,
  },
  'a long list': {
    bytes: `${'1'.repeat(1_000_000)}\n`,
    sql: from(`s._1 IN (${terms(8000, String, ',')})`),
    input: csv,
  },
  'many columns': {
    bytes: `${'a,'.repeat(500_000)}\n`,
    sql: `SELECT ${terms(8000, (at) => `s._${at + 1}`, ',')} FROM S3Object s`,
    input: csv,
  },
  'many names': {
    bytes: `${filled(1_000_000, (at) => `c${at},`)}\n1\n`,
    sql: `SELECT ${terms(5000, (at) => `s.c${at}`, ',')} FROM S3Object s`,
    input: '<CSV><FileHeaderInfo>USE</FileHeaderInfo></CSV>',
  },
  escapes: {
    bytes: `"${'\\\\'.repeat(500_000)}"\n`,
    sql: from('1 = 1'),
    input: '<CSV><QuoteEscapeCharacter>\\</QuoteEscapeCharacter></CSV>',
  },
  'doubled quotes': {
    bytes: `"${'""\n'.repeat(330_000)}"\n`,
    sql: from('1 = 1'),
    input: '<CSV><AllowQuotedRecordDelimiter>true</AllowQuotedRecordDelimiter></CSV>',
  },
  'empty lines': { bytes: '\n'.repeat(1_000_000), sql: from('1 = 1'), input: csv },
  'numbers of JSON': {
    bytes: `{"a":[${'1.0,'.repeat(250_000)}1]}\n`,
    sql: from('s.a[7] = 1'),
    input: lines,
  },
  'objects of JSON': {
    bytes: `[${'{"a":1.0},'.repeat(100_000)}1]\n`,
    sql: 'SELECT * FROM S3Object s',
    input: lines,
  },
  'members of JSON': {
    bytes: `{${filled(1_000_000, (at) => `"k${at}":1,`)}"z":1}\n`,
    sql: from(terms(2000, (at) => `s.K${at} = 2`)),
    input: lines,
  },
  'items of JSON': {
    bytes: `{"a":[${'1,'.repeat(500_000)}1]}\n`,
    sql: 'SELECT COUNT(*) FROM S3Object[*].a[*] s',
    input: lines,
  },
  'nested JSON': {
    bytes: `${'['.repeat(120)}${']'.repeat(120)}\n`.repeat(4000),
    sql: 'SELECT * FROM S3Object s',
    input: lines,
  },
  'many rows of Parquet': {
    bytes: parquet(),
    sql: 'SELECT COUNT(*), SUM(a), MAX(b) FROM S3Object',
    input: '<Parquet/>',
  },
  'many columns of Parquet': {
    bytes: wideParquet(),
    sql: 'SELECT * FROM S3Object',
    input: '<Parquet/>',
  },
  'JSON cut short': {
    bytes: `{"a":"${'\\u0061'.repeat(170_000)}`,
    sql: from('1 = 1'),
    input: '<JSON><Type>DOCUMENT</Type></JSON>',
  },
}

/** Two columns and more rows than may arrive at once. */
function parquet(): Uint8Array {
  const numbers = Array.from({ length: 150_000 }, (_, at) => at % 1000)
  const columnData = [
    { name: 'a', data: numbers },
    { name: 'b', data: numbers.map((number) => `text ${number}`) },
  ]
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 150_000 }))
}

/** As many columns as are read, in row groups of one row. */
function wideParquet(): Uint8Array {
  const columnData = Array.from({ length: 2000 }, (_, at) => ({ name: `c${at}`, data: [1, 2, 3] }))
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1 }))
}

export const expressions: Readonly<Record<string, string>> = {
  tokens: from(`s._1 IN (${terms(8100, () => '1', ',')})`),
  'tokens beyond the limit': `SELECT ${'1,'.repeat(130_000)}1 FROM S3Object`,
  parentheses: from('('.repeat(16_000)),
  negations: from(`${'NOT '.repeat(16_000)}1 = 1`),
  signs: from(`1 = ${'- '.repeat(16_000)}1`),
  sums: `SELECT ${terms(900, () => '1', '+')} FROM S3Object`,
  comparisons: from(terms(900, () => '1', '=')),
  'a long text': from(`s._1 = '${"''".repeat(120_000)}'`),
  'a long name': from(`s.${'a'.repeat(200_000)} = 1`),
  'a long number': from(`s._1 = ${'9'.repeat(200_000)}`),
  'a long path': from(`s${'.a'.repeat(8000)} = 1`),
  'a long pattern': from(`s._1 LIKE '${'%_'.repeat(100_000)}'`),
  'a long time pattern': `SELECT TO_STRING(UTCNOW(), '${'MMMM '.repeat(40_000)}') FROM S3Object`,
  products: `SELECT ${terms(900, () => '99999999999999999999999999.5', '*')} FROM S3Object`,
  branches: from(`CASE ${terms(3000, () => 'WHEN s._1 = 1 THEN 2', ' ')} END = 1`),
}

export function selecting(key: string, sql: string, input: string): RawRequest {
  const escaped = sql.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const body =
    `<SelectObjectContentRequest><Expression>${escaped}</Expression><ExpressionType>SQL</ExpressionType>` +
    `<InputSerialization>${input}</InputSerialization>` +
    '<OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>'
  return { method: 'POST', bucket, key, query: { select: '', 'select-type': '2' }, body }
}
