import {
  canonicalQuery,
  ChunkedDecoder,
  corsDocument,
  decodeMetadata,
  decodeUrlText,
  decodeXml,
  deleteObjectsDocument,
  encodeMessage,
  encodeMetadata,
  errorDocument,
  EventStreamDecoder,
  lifecycleDocument,
  listObjectsV2Document,
  listObjectVersionsDocument,
  notificationDocument,
  parseHttpDate,
  parseIsoDate,
  parseRange,
  parseTarget,
  selectObjectContentDocument,
  stsErrorDocument,
  taggingDocument,
  type XmlDocument,
} from '@stowage/protocol'
import { parseIni } from '../../../packages/client/src/credentials/ini.ts'
import { LineSplitter } from '../../../packages/client/src/results/line-splitter.ts'
import { NotificationStream } from '../../../packages/client/src/results/notification-stream.ts'
import { SelectReader } from '../../../packages/client/src/results/select-reader.ts'
import type { BodyStream } from '../../../packages/client/src/transport/transport.ts'
import { FormReader } from '../../../packages/server/src/http/form/form-reader.ts'
import { formBoundary, parsePartHead } from '../../../packages/server/src/http/form/part-head.ts'
import { evaluate } from '../../../packages/server/src/policy/evaluate.ts'
import { parsePolicy } from '../../../packages/server/src/policy/parse-policy.ts'
import { parsePostPolicy } from '../../../packages/server/src/policy/post-policy.ts'
import { CsvParser } from '../../../packages/server/src/select/input/csv-parser.ts'
import { JsonLines } from '../../../packages/server/src/select/input/json-lines.ts'
import { JsonScanner } from '../../../packages/server/src/select/input/json-scanner.ts'
import { parseJson } from '../../../packages/server/src/select/input/json-values.ts'
import { likeMatcher } from '../../../packages/server/src/select/query/like.ts'
import { parseStatement } from '../../../packages/server/src/select/sql/parser.ts'
import { jsonOf } from '../../../packages/server/src/select/values/text.ts'
import { timeFormatter } from '../../../packages/server/src/select/values/time-pattern.ts'
import { Timestamp } from '../../../packages/server/src/select/values/timestamp.ts'
import { filled, xmlShapes } from '../support/hostile.ts'

/** A parser, and inputs of about n characters that a careless one takes long for. */
export interface ShapedParser {
  readonly parse: (input: string) => unknown
  readonly shapes: Readonly<Record<string, (length: number) => string>>
  /** Most characters that the parser takes, where that is less than others do. */
  readonly maxLength?: number
}

const fill = (text: string) => (n: number) => text.repeat(Math.ceil(n / text.length))

const date = '<LastModified>2026-01-02T03:04:05.678Z</LastModified>'
const contents = (key: string, more = ''): string =>
  `<Contents><Key>${key}</Key>${date}<ETag>"d41d"</ETag><Size>7</Size>${more}</Contents>`

/** Documents with a known element; as text, as the server reads them, and as bytes, as clients do. */
function xmlParser<T>(
  document: XmlDocument<T>,
  known: string,
  more: ShapedParser['shapes'] = {},
): ShapedParser {
  const { root } = document
  const inside = Object.entries(xmlShapes).map(
    ([name, make]) => [name, (n: number) => make(n, known)] as const,
  )
  const shapes = [...inside, ...Object.entries(more)].map(
    ([name, make]) => [name, (n: number) => `<${root}>${make(n)}</${root}>`] as const,
  )
  return {
    shapes: Object.fromEntries(shapes),
    parse: (input) => {
      for (const source of [input, Buffer.from(input)]) {
        try {
          decodeXml(document, source)
        } catch {
          // As far as it can be read.
        }
      }
    },
  }
}

const listingShapes = {
  'items of two orders': fill(
    contents('a') + `<Contents>${date}<Size>7</Size><Key>b</Key></Contents>`,
  ),
  'items with references': fill(contents('a&amp;b')),
  'items that differ at the end': (n: number) =>
    filled(n, (at) => contents('a', `<A${at}>b</A${at}>`)),
  'items with blanks': fill(`${contents('a').replaceAll('><', '>\n  <')}\n\n`),
  'long keys': (n: number) =>
    filled(n, (at) => contents('k'.repeat(900) + at + (at % 2 === 0 ? '' : '&lt;'))),
  'items with unknown elements': fill(contents('a', '<A>b</A><C><D/></C>')),
}

function pushed(
  parser: { push(text: string): void; next(): unknown; end(): void },
  input: string,
): void {
  const drain = (): void => {
    while (parser.next() !== undefined) continue
  }
  for (let at = 0; at < input.length; at += 100) {
    parser.push(input.slice(at, at + 100))
    drain()
  }
  parser.end()
  drain()
}

const csvDialect = {
  recordDelimiter: '\n',
  fieldDelimiter: ',',
  quote: '"',
  escape: '"',
  comment: '#',
  allowsQuotedRecordDelimiters: true,
}

function csvParser(dialect: Partial<typeof csvDialect>): (input: string) => void {
  return (input) => {
    const parser = new CsvParser({ ...csvDialect, ...dialect })
    pushed(
      {
        push: (text) => parser.push(text),
        end: () => parser.end(),
        next: () => parser.next()?.field(3) ?? parser.next(),
      },
      input,
    )
  }
}

const csvShapes: ShapedParser['shapes'] = {
  lines: fill('a,b\n'),
  'empty lines': fill('\n'),
  comments: fill('#a\n'),
  'quoted fields': fill('"a",'),
  'quoted line ends': (n) => `"${'a\n'.repeat(n / 2)}"`,
  'doubled quotes': (n) => `"${'""'.repeat(n / 2)}"\n`,
  escapes: (n) => `"${'\\\\'.repeat(n / 2)}"\n`,
  'escaped quotes': (n) => `"${'\\"'.repeat(n / 2)}"\n`,
  'open quotes': (n) => `"${'a,'.repeat(n / 2)}`,
  'quotes within': fill('a"b,'),
  'one line': fill('ab,'),
}

const jsonShapes: ShapedParser['shapes'] = {
  lines: fill('{"a":1}\n'),
  'one text': (n) => `{"a":"${'b'.repeat(n)}"}\n`,
  'one text of escapes': (n) => `{"a":"${'\\"'.repeat(n / 2)}"}\n`,
  'an open text': (n) => `{"a":"${'b'.repeat(n)}`,
  numbers: (n) => `[${'1.0,'.repeat(n / 4)}1]\n`,
  members: (n) => `{${filled(n, (at) => `"a${at}":1,`)}"b":1.0}\n`,
  blanks: fill(' \t'),
  'blanks between': (n) => `{"a":1}${' '.repeat(n)}{"b":2}\n`,
  braces: fill('{}'),
  brackets: fill('['),
}

/** A body that comes in pieces. */
function bodyOf(input: string, encoding: BufferEncoding = 'utf8'): BodyStream {
  const bytes = Buffer.from(input, encoding)
  let at = 0
  return {
    read: () => {
      if (at >= bytes.length) return Promise.resolve(undefined)
      at += 100
      return Promise.resolve(bytes.subarray(at - 100, at))
    },
    readAll: () => Promise.resolve(bytes.subarray(at)),
    cancel: () => undefined,
  }
}

const policy = (value: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::b/*', ...value },
    ],
  })
const several = (n: number, text: string): string[] =>
  Array.from({ length: n / (text.length + 3) }, () => text)

const chunked = new TextEncoder()

export const shapedParsers: Readonly<Record<string, ShapedParser>> = {
  notification: xmlParser(
    notificationDocument,
    '<QueueConfiguration><Queue>a</Queue><Event>s3:A:B</Event><A/></QueueConfiguration>',
    {
      events: (n) =>
        `<QueueConfiguration><Queue>a</Queue>${'<Event>s3:A:B</Event>'.repeat(n / 21)}</QueueConfiguration>`,
      'one event': (n) =>
        `<QueueConfiguration><Event>s3:${'a:'.repeat(n / 2)}!</Event></QueueConfiguration>`,
      'unknown in rules': (n) =>
        `<QueueConfiguration><Queue>a</Queue>${'<A>b</A>'.repeat(n / 8)}</QueueConfiguration>`,
    },
  ),
  lifecycle: xmlParser(
    lifecycleDocument,
    '<Rule><Status>Enabled</Status><A/><Filter><B/></Filter></Rule>',
    {
      'unknown in filters': (n) =>
        `<Rule><Filter><And>${'<A/>'.repeat(n / 4)}</And></Filter></Rule>`,
      tags: (n) =>
        `<Rule><Filter>${'<Tag><Key>a</Key><Value>b</Value></Tag>'.repeat(n / 39)}</Filter></Rule>`,
    },
  ),
  'error reply': xmlParser(errorDocument, '<Code>a</Code>'),
  'STS error': xmlParser(stsErrorDocument, '<Error><Code>a</Code></Error>'),
  listing: xmlParser(listObjectsV2Document, contents('a'), listingShapes),
  versions: xmlParser(
    listObjectVersionsDocument,
    `<Version><Key>k</Key>${date}<Size>1</Size></Version>`,
  ),
  cors: xmlParser(corsDocument, '<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>'),
  deletion: xmlParser(deleteObjectsDocument, '<Object><Key>a</Key></Object>'),
  tagging: xmlParser(taggingDocument, '<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>'),
  select: xmlParser(selectObjectContentDocument, '<Expression>SELECT</Expression>'),
  CSV: { parse: csvParser({}), shapes: csvShapes },
  'CSV with another escape': { parse: csvParser({ escape: '\\' }), shapes: csvShapes },
  'CSV of one line each': {
    parse: csvParser({ allowsQuotedRecordDelimiters: false }),
    shapes: csvShapes,
  },
  'JSON lines': { parse: (input) => pushed(new JsonLines(), input), shapes: jsonShapes },
  'JSON documents': { parse: (input) => pushed(new JsonScanner(), input), shapes: jsonShapes },
  'JSON values': { parse: (input) => jsonOf(parseJson(input)), shapes: jsonShapes },
  SQL: {
    parse: parseStatement,
    maxLength: 16_000,
    shapes: {
      terms: (n) => `SELECT * FROM S3Object WHERE ${'a = 1 OR '.repeat(n / 9)}b`,
      list: (n) => `SELECT * FROM S3Object WHERE a IN (${'1,'.repeat(n / 2)}1)`,
      columns: (n) => `SELECT ${'a,'.repeat(n / 2)}b FROM S3Object`,
      parentheses: (n) => `SELECT ${'('.repeat(n)}`,
      text: (n) => `SELECT '${"''".repeat(n / 2)}' FROM S3Object`,
      'open text': (n) => `SELECT '${"''".repeat(n / 2)}`,
      blanks: (n) => `SELECT${' \n'.repeat(n / 2)}a FROM S3Object`,
      digits: (n) => `SELECT ${'1'.repeat(n)}a FROM S3Object`,
      name: (n) => `SELECT ${'é'.repeat(n)} FROM S3Object`,
      concatenation: (n) => `SELECT ${'a||'.repeat(n / 3)}b FROM S3Object`,
      path: (n) => `SELECT a${'.b[1]'.repeat(n / 5)} FROM S3Object`,
    },
  },
  LIKE: {
    parse: (input) => {
      for (const pattern of [
        '%a_b%',
        `%${'a'.repeat(100)}b%`,
        '%a%a%a%a%b',
        '_%_%b',
        `%${'a_'.repeat(60)}b%`,
      ])
        likeMatcher(pattern, '!')(input)
    },
    shapes: { 'the same letter': fill('a'), pairs: fill('ab'), emoji: fill('😀') },
  },
  'patterns of LIKE': {
    parse: (input) => likeMatcher(input, '!')('aaaaaaaaaaab'),
    maxLength: 8000,
    shapes: {
      texts: fill('ab'),
      runs: fill('%'),
      gaps: fill('_'),
      'texts and runs': fill('a%'),
      escapes: fill('!%'),
    },
  },
  'time patterns': {
    parse: (input) => timeFormatter(input)(Timestamp.fromDate(new Date(0))),
    shapes: {
      fields: fill('MM-'),
      quotes: fill("''"),
      'an open quote': (n) => `'${'a'.repeat(n)}`,
      'one field': fill('S'),
    },
  },
  policies: {
    maxLength: 16_000,
    parse: (input) => {
      const keys = (): readonly string[] => ['a'.repeat(200)]
      const parsed = parsePolicy(input, { kind: 'bucket', bucket: 'b' })
      evaluate(parsed, {
        action: 's3:GetObject',
        resource: `arn:aws:s3:::b/${'a'.repeat(200)}`,
        accessKey: undefined,
        keys,
      })
    },
    shapes: {
      resources: (n) => policy({ Resource: several(n, 'arn:aws:s3:::b/*b') }),
      gaps: (n) => policy({ Resource: several(n, 'arn:aws:s3:::b/*a?b*') }),
      'one resource': (n) => policy({ Resource: `arn:aws:s3:::b/${'a*'.repeat(n / 2)}b` }),
      actions: (n) => policy({ Action: several(n, 's3:*?t') }),
      values: (n) => policy({ Condition: { StringLike: { 'aws:Referer': several(n, '*b') } } }),
      variables: (n) =>
        policy({
          Condition: { StringLike: { 'aws:Referer': `*${'${aws:username}'.repeat(n / 15)}b` } },
        }),
      members: (n) => `{${filled(n, (at) => `"a${at}":1,`)}"b":1}`,
      arrays: fill('['),
    },
  },
  'POST policies': {
    parse: (input) => parsePostPolicy(Buffer.from(input).toString('base64')),
    shapes: {
      conditions: (n) =>
        `{"expiration":"2030-01-01T00:00:00Z","conditions":[${'{"a":"b"},'.repeat(n / 10)}{"b":"c"}]}`,
      ranges: (n) =>
        `{"expiration":"2030-01-01T00:00:00Z","conditions":[${'["content-length-range",1,2],'.repeat(n / 29)}{"b":"c"}]}`,
      backslashes: fill('\\$'),
    },
  },
  forms: {
    parse: async (input) => {
      const { read } = bodyOf(`--b\r\n${input}`)
      const reader = new FormReader({ next: read }, 'b')
      await reader.readHead()
      while ((await reader.next()) !== undefined) continue
    },
    shapes: {
      file: (n) =>
        `Content-Disposition: form-data; name="file"\r\n\r\n${'\r\n--'.repeat(n / 4)}\r\n--b--\r\n`,
      'file of line ends': (n) =>
        `Content-Disposition: form-data; name="file"\r\n\r\n${'\r\n'.repeat(n / 2)}\r\n--b--\r\n`,
    },
  },
  'heads of parts': {
    parse: (input) =>
      parsePartHead(Buffer.from(`Content-Disposition: form-data; name="a"${input}`)),
    shapes: {
      blanks: fill(' '),
      semicolons: fill('; '),
      'an open quote': (n) => `; b="${'\\"'.repeat(n / 2)}`,
      parameters: (n) => filled(n, (at) => `; a${at}=b`),
      headers: (n) => filled(n, (at) => `\r\na${at}: b`),
    },
  },
  boundaries: {
    parse: (input) => formBoundary(`multipart/form-data${input}`),
    shapes: {
      blanks: fill('; '),
      parameters: fill('; a=b'),
      'an open quote': (n) => `; boundary="${'a'.repeat(n)}`,
    },
  },
  'aws-chunked': {
    parse: (input) => {
      const decoder = new ChunkedDecoder({ trailer: true })
      for (let at = 0; at < input.length; at += 50)
        decoder.push(chunked.encode(input.slice(at, at + 50)))
      decoder.end()
    },
    shapes: {
      'chunks of one byte': fill('1\r\na\r\n'),
      'trailers of blanks': (n) => `0\r\n${`a: b${' \t'.repeat(50)}c\r\n`.repeat(n / 107)}`,
      'one chunk': (n) => `${n.toString(16)}\r\n${'a'.repeat(n)}`,
    },
  },
  'a trailer': {
    maxLength: 4000,
    parse: (input) =>
      new ChunkedDecoder({ trailer: true }).push(chunked.encode(`0\r\na:${input}\r\n\r\n`)),
    shapes: { blanks: (n) => `b${' \t'.repeat(n / 2)}c`, letters: fill('a') },
  },
  'event stream': {
    parse: (input) => {
      const decoder = new EventStreamDecoder()
      const bytes = Buffer.from(input, 'latin1')
      for (let at = 0; at < bytes.length; at += 50) decoder.push(bytes.subarray(at, at + 50))
    },
    shapes: {
      messages: fill(
        Buffer.from(encodeMessage([[':event-type', 'Cont']], new Uint8Array())).toString('latin1'),
      ),
      headers: (n) =>
        Buffer.from(
          encodeMessage(
            Array.from({ length: n / 8 }, (_, at) => [`${at}`, 'b'] as const),
            new Uint8Array(),
          ),
        ).toString('latin1'),
      'one payload': (n) =>
        Buffer.from(encodeMessage([['a', 'b']], Buffer.alloc(n))).toString('latin1'),
    },
  },
  'results of queries': {
    parse: async (input) => {
      const payload = encodeMessage([[':event-type', 'Records']], Buffer.from(input))
      const facts = {
        operation: 'a',
        bucket: 'b',
        key: 'c',
        attempts: 1,
        status: 200,
        requestId: undefined,
        hostId: undefined,
      }
      const stream = bodyOf(Buffer.from(payload).toString('latin1'), 'latin1')
      const reading = { recordDelimiter: '\n', maxMessageBytes: undefined, onProgress: undefined }
      const reader = new SelectReader(stream, facts, reading)
      for await (const _line of reader.lines()) continue
    },
    shapes: { lines: fill('{}\n'), 'one line': fill('a') },
  },
  lines: {
    parse: (input) => {
      const splitter = new LineSplitter({
        operation: 'a',
        delimiter: '\r\n',
        maxLineBytes: 1_000_000,
      })
      const bytes = Buffer.from(input)
      for (let at = 0; at < bytes.length; at += 10) splitter.push(bytes.subarray(at, at + 10))
    },
    shapes: { lines: fill('a\r\n'), 'one line': fill('a'), 'almost line ends': fill('\r') },
  },
  notifications: {
    parse: async (input) => {
      const stream = new NotificationStream('a', bodyOf(input), undefined, 1_000_000)
      while ((await stream.next()) !== undefined) continue
    },
    shapes: {
      records: (n) => `{"Records":[${'{},'.repeat(n / 3)}{}]}\n`,
      lines: fill('{"Records":null}\n'),
      blanks: fill(' '),
    },
  },
  INI: {
    parse: parseIni,
    shapes: {
      settings: (n) => `[a]\n${filled(n, (at) => `b${at} = c\n`)}`,
      sections: (n) => filled(n, (at) => `[a${at}]\n`),
      blanks: (n) => `[a]\nb =${' '.repeat(n)}c`,
      'comment marks': (n) => `[a]\nb = ${'#'.repeat(n)}`,
      brackets: fill('['),
      nested: (n) => `[a]\nb =\n${'  c = d\n'.repeat(n / 8)}`,
    },
  },
  heads: {
    parse: (input) => {
      decodeMetadata([['x-amz-meta-a', input]])
      encodeMetadata({ a: input })
      parseRange(input, 100)
      parseIsoDate(input)
      parseHttpDate(input)
      decodeUrlText(input)
      parseTarget(`/${input}`)
      canonicalQuery(input.split('&').map((pair) => [pair, ''] as const))
    },
    shapes: {
      'encoded words': fill('=?UTF-8?Q?a?= '),
      'almost encoded words': fill('=?'),
      blanks: (n) => `a${' '.repeat(n)}b`,
      'percent signs': fill('%41'),
      'wrong escapes': fill('%4'),
      digits: (n) => `bytes=${'1'.repeat(n)}`,
      parameters: (n) => filled(n, (at) => `a${at}=b&`),
      plus: fill('+'),
    },
  },
}
