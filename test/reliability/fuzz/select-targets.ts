import { gzipSync } from 'node:zlib'
import type { InputSerialization } from '@stowage/protocol'
import { S3Failure } from '../../../packages/server/src/failure.ts'
import { CsvParser } from '../../../packages/server/src/select/input/csv-parser.ts'
import { JsonLines } from '../../../packages/server/src/select/input/json-lines.ts'
import { JsonScanner } from '../../../packages/server/src/select/input/json-scanner.ts'
import { exactNumber, parseJson } from '../../../packages/server/src/select/input/json-values.ts'
import { likeMatcher } from '../../../packages/server/src/select/query/like.ts'
import { selectRecords } from '../../../packages/server/src/select/select-records.ts'
import { tokenize } from '../../../packages/server/src/select/sql/lexer.ts'
import { parseStatement } from '../../../packages/server/src/select/sql/parser.ts'
import { cast } from '../../../packages/server/src/select/values/cast.ts'
import { parseNumeric } from '../../../packages/server/src/select/values/numeric.ts'
import { jsonOf } from '../../../packages/server/src/select/values/text.ts'
import { timeFormatter } from '../../../packages/server/src/select/values/time-pattern.ts'
import { parseTimestamp, Timestamp } from '../../../packages/server/src/select/values/timestamp.ts'
import { select, sourceOf } from '../../../packages/server/test/select/support.ts'
import { parquetTable } from '../../../packages/server/test/select/table.ts'
import { mustEqual, utf8, type Target } from './target.ts'

const queries: readonly string[] = [
  'SELECT * FROM S3Object',
  "SELECT s.a, s.\"B\" AS c FROM S3Object s WHERE s.a LIKE '%x_%' ESCAPE '!' AND NOT s.b IS NULL LIMIT 5",
  'SELECT COUNT(*), SUM(CAST(s._1 AS DECIMAL(10, 2))), AVG(s._2) FROM S3Object[*] s',
  "SELECT CASE WHEN a = 1 THEN 'x' ELSE UPPER(b) || '!' END FROM S3Object[*].list[*] WHERE a IN (1, 2.5, 'c')",
  "SELECT DATE_ADD(YEAR, 1, TO_TIMESTAMP(_1)), EXTRACT(MONTH FROM `2024-02-29T`), TO_STRING(UTCNOW(), 'y-MM') FROM S3Object",
  "SELECT TRIM(BOTH 'ab' FROM _1), SUBSTRING(_1 FROM 2 FOR 3), COALESCE(_1, _2), NULLIF(1, _1), -a % 3 FROM S3Object WHERE _1 BETWEEN 1 AND 2 OR _2 <> 3",
]
const sqlTokens = queries.flatMap((query) => query.split(/(?<=[ (),.])/))

const csv = 'a,b,c\n1,"x ""y"" z",2024-02-29T\n2,,é😀\n# a comment\n"3","a\nb"\r\n'
const json =
  '{"a":1,"B":[1,2.50,{"c":null}],"list":[{"a":"x"},7]}\n{"a":"\\u00e9","1":true}\n[1e3,-0.10]\n'

const dialect = {
  recordDelimiter: '\n',
  fieldDelimiter: ',',
  quote: '"',
  escape: '\\',
  comment: '#',
  allowsQuotedRecordDelimiters: true,
}

function fieldsOf(text: string, cut: number): unknown {
  const parser = new CsvParser(dialect)
  const all: unknown[] = []
  const drain = (): void => {
    for (let record = parser.next(); record !== undefined; record = parser.next())
      all.push([...record.fields, record.field(1)])
  }
  for (const piece of [text.slice(0, cut), text.slice(cut)]) {
    parser.push(piece)
    drain()
  }
  parser.end()
  drain()
  return all
}

function valuesOf(cutter: JsonLines | JsonScanner, text: string, cut: number): unknown {
  const all: string[] = []
  const drain = (): void => {
    for (let value = cutter.next(); value !== undefined; value = cutter.next()) all.push(value)
  }
  for (const piece of [text.slice(0, cut), text.slice(cut)]) {
    cutter.push(piece)
    drain()
  }
  cutter.end()
  drain()
  return all
}

function queryTarget(
  name: string,
  input: InputSerialization,
  seeds: readonly string[],
  share: number,
): Target {
  return {
    name,
    isAsync: true,
    share,
    maxBytes: 1024,
    // A query, and after an empty line the object.
    seeds: seeds.flatMap((object) => queries.map((query) => `${query}\n\n${object}`)),
    tokens: sqlTokens,
    errors: [S3Failure],
    parse: async (bytes) => {
      const end = Math.max(0, bytes.indexOf('\n\n'))
      const object = bytes.subarray(end + 2)
      await select(sourceOf(object, 64), {
        sql: utf8(bytes.subarray(0, end)),
        input,
        output: { json: {} },
      })
    },
  }
}

export const selectTargets: readonly Target[] = [
  {
    name: 'SQL',
    seeds: queries,
    tokens: sqlTokens,
    errors: [S3Failure],
    parse: (input) => void parseStatement(utf8(input)),
  },
  {
    name: 'tokens of SQL',
    seeds: queries,
    tokens: sqlTokens,
    errors: [S3Failure],
    parse: (input) => void tokenize(utf8(input)),
  },
  queryTarget(
    'queries on CSV',
    { csv: { fileHeaderInfo: 'USE', allowQuotedRecordDelimiter: true } },
    [csv],
    0.35,
  ),
  queryTarget('queries on JSON lines', { json: { type: 'LINES' } }, [json], 0.35),
  queryTarget('queries on JSON documents', { json: { type: 'DOCUMENT' } }, [json], 0.2),
  {
    name: 'CSV',
    seeds: [csv, '"a\\"b","c', 'a\\,b\n\n,,\n'],
    tokens: ['""', '\\"', '"\n', ',"', '#'],
    errors: [S3Failure],
    parse: (input) => {
      const text = utf8(input)
      mustEqual(fieldsOf(text, text.length >> 1), fieldsOf(text, text.length), 'cut in two')
    },
  },
  {
    name: 'JSON lines',
    seeds: [json, '{"a":1}{"b":2} 3\n'],
    errors: [S3Failure],
    parse: (input) => {
      const text = utf8(input)
      mustEqual(
        valuesOf(new JsonLines(), text, text.length >> 1),
        valuesOf(new JsonLines(), text, text.length),
        'cut in two',
      )
    },
  },
  {
    name: 'JSON documents',
    seeds: [json, '"a\\"" 1 {"x":[]}'],
    errors: [S3Failure],
    parse: (input) => {
      const text = utf8(input)
      mustEqual(
        valuesOf(new JsonScanner(), text, text.length >> 1),
        valuesOf(new JsonScanner(), text, text.length),
        'cut in two',
      )
    },
  },
  {
    name: 'JSON values',
    seeds: [
      '{"a":[1,2.50,-0.10,1e3,12345678901234567890],"b":{"1":null}}',
      '[1.0,"\\u0041",true,false]',
      ...json.trim().split('\n'),
    ],
    errors: [S3Failure],
    parse: (input) => {
      const text = utf8(input)
      const value = parseJson(text)
      // What our reader takes, the other one must take too, and give the same for.
      mustEqual(
        jsonOf(exactNumber(parseJson(jsonOf(value)))),
        jsonOf(exactNumber(value)),
        'written and read',
      )
      JSON.parse(text)
    },
  },
  {
    name: 'LIKE',
    seeds: ['a%b_c!%\n!\naxbyc%', '%__%a_b%\n\nxxaxb', '😀_%\n\n😀a'],
    tokens: ['%', '_', '!%', '%_'],
    errors: [S3Failure],
    parse: (input) => {
      const [pattern = '', escape = '', text = ''] = utf8(input).split('\n')
      likeMatcher(pattern, escape === '' ? undefined : escape)(text)
    },
  },
  {
    name: 'time patterns',
    seeds: ["MMMM d, y h:mm:ss.SSS a 'o''clock' XXX", "yyyy-MM-dd'T'HH:mm"],
    errors: [S3Failure],
    parse: (input) => void timeFormatter(utf8(input))(Timestamp.fromDate(new Date(0))),
  },
  {
    name: 'numbers, times and casts',
    seeds: ['12.50', '-1e5', '2007-02-23T12:14:33.079-08:00', ' true ', '9223372036854775808'],
    errors: [S3Failure],
    parse: (input) => {
      const text = utf8(input)
      const moment = parseTimestamp(text)
      if (moment !== undefined)
        mustEqual(parseTimestamp(moment.toString())?.compare(moment), 0, 'a time')
      const number = parseNumeric(text)
      if (number !== undefined)
        mustEqual(parseNumeric(String(number)) !== undefined, true, 'a number')
      for (const type of ['INT', 'FLOAT', 'DECIMAL', 'STRING', 'BOOL', 'TIMESTAMP'] as const) {
        try {
          cast(text, type, [5, 2])
        } catch (error) {
          if (!(error instanceof S3Failure)) throw error
        }
      }
    },
  },
  {
    name: 'gzip',
    isAsync: true,
    share: 0.05,
    seeds: [gzipSync(csv)],
    errors: [S3Failure],
    parse: async (input) => {
      await select(sourceOf(input, 16), {
        sql: queries[0] ?? '',
        input: { csv: {}, compressionType: 'GZIP' },
      })
    },
  },
  {
    // Each one has a thread of its own.
    name: 'Parquet',
    isAsync: true,
    slowMs: 10_000,
    share: 0.005,
    seeds: [parquetTable()],
    errors: [S3Failure],
    parse: async (input) => {
      const request = {
        expression: 'SELECT * FROM S3Object',
        expressionType: 'SQL',
        inputSerialization: { parquet: {} },
        outputSerialization: { json: {} },
      }
      const options = { now: () => new Date(0), parquetStallMs: 500 }
      for await (const _message of selectRecords(request, sourceOf(input), options)) continue
    },
  },
]
