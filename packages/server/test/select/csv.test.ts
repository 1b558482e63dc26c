import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { CsvInputDialect } from '../../src/select/input/csv-dialect.ts'
import { CsvParser } from '../../src/select/input/csv-parser.ts'
import { failureOf, select, sourceOf } from './support.ts'

const plain: CsvInputDialect = {
  recordDelimiter: '\n',
  fieldDelimiter: ',',
  quote: '"',
  escape: '"',
  comment: '#',
  allowsQuotedRecordDelimiters: true,
}

function parse(pieces: readonly string[], dialect: Partial<CsvInputDialect> = {}): string[][] {
  const parser = new CsvParser({ ...plain, ...dialect })
  const records: string[][] = []
  const drain = (): void => {
    for (let record = parser.next(); record !== undefined; record = parser.next()) {
      records.push([...record.fields])
    }
  }
  for (const piece of pieces) {
    parser.push(piece)
    drain()
  }
  parser.end()
  drain()
  return records
}

interface Torture {
  readonly name: string
  readonly text: string
  readonly dialect?: Partial<CsvInputDialect>
  readonly records: string[][]
}

const tortures: readonly Torture[] = [
  { name: 'nothing', text: '', records: [] },
  {
    name: 'plain',
    text: 'a,b\nc,d\n',
    records: [
      ['a', 'b'],
      ['c', 'd'],
    ],
  },
  {
    name: 'no last delimiter',
    text: 'a,b\nc,d',
    records: [
      ['a', 'b'],
      ['c', 'd'],
    ],
  },
  {
    name: 'empty fields',
    text: ',\na,,\n',
    records: [
      ['', ''],
      ['a', '', ''],
    ],
  },
  { name: 'empty lines', text: '\n\na\n\n\r\nb\n\n', records: [['a'], ['b']] },
  {
    name: 'CRLF',
    text: 'a,b\r\n"c","d"\r\n',
    records: [
      ['a', 'b'],
      ['c', 'd'],
    ],
  },
  { name: 'a CR within', text: 'a\rb,c\n', records: [['a\rb', 'c']] },
  { name: 'quotes', text: '"a,b","c""d",""\n', records: [['a,b', 'c"d', '']] },
  { name: 'only quotes', text: '""""\n"""",""""""\n', records: [['"'], ['"', '""']] },
  { name: 'a delimiter in quotes', text: '"a\nb",c\nd\n', records: [['a\nb', 'c'], ['d']] },
  { name: 'CRLF in quotes', text: '"a\r\nb"\r\nc\r\n', records: [['a\r\nb'], ['c']] },
  {
    name: 'quotes within a field',
    text: 'a"b,c\n5"",d\n',
    records: [
      ['a"b', 'c'],
      ['5""', 'd'],
    ],
  },
  { name: 'text behind quotes', text: '"a"b,c\n', records: [['ab', 'c']] },
  { name: 'quotes at the end', text: 'x,"a"', records: [['x', 'a']] },
  { name: 'a quoted blank', text: '" ", x\n', records: [[' ', ' x']] },
  {
    name: 'comments',
    text: '# it\'s, "a\nb\n#\n c#,#d\n#last',
    records: [['b'], [' c#', '#d']],
  },
  {
    name: 'another comment',
    text: '#a\n//b\nc\n',
    dialect: { comment: '//' },
    records: [['#a'], ['c']],
  },
  { name: 'no comments', text: '#a\n', dialect: { comment: '' }, records: [['#a']] },
  {
    name: 'an escape of its own',
    text: String.raw`"a\"b","c\\","d\n"` + '\n',
    dialect: { escape: '\\' },
    records: [['a"b', 'c\\', String.raw`d\n`]],
  },
  {
    name: 'no quotes',
    text: '"a,b"\n',
    dialect: { quote: '', escape: '' },
    records: [['"a', 'b"']],
  },
  {
    name: 'long delimiters',
    text: 'a::b:c||"d||e"::f|||g',
    dialect: { recordDelimiter: '||', fieldDelimiter: '::' },
    records: [['a', 'b:c'], ['d||e', 'f'], ['|g']],
  },
  {
    name: 'blanks as delimiters',
    text: 'a\tb c "d c"',
    dialect: { recordDelimiter: ' ', fieldDelimiter: '\t' },
    records: [['a', 'b'], ['c'], ['d c']],
  },
  {
    name: 'Unicode',
    text: 'é,😀\n"ü😀",\n',
    records: [
      ['é', '😀'],
      ['ü😀', ''],
    ],
  },
  {
    name: 'a Unicode delimiter',
    text: 'a★b♦c★d',
    dialect: { recordDelimiter: '♦', fieldDelimiter: '★' },
    records: [
      ['a', 'b'],
      ['c', 'd'],
    ],
  },
]

describe('the parser', () => {
  test.each(tortures)('$name, cut at every place', ({ text, dialect, records }) => {
    expect(parse([text], dialect)).toEqual(records)
    expect(parse(Array.from(text), dialect)).toEqual(records)
    for (let at = 1; at < text.length; at++) {
      expect(parse([text.slice(0, at), text.slice(at)], dialect)).toEqual(records)
    }
  })

  test('reads what any fields were written to, whatever the pieces', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '😀', ' ', '#') })
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 })
    const cuts = fc.array(fc.nat(60), { maxLength: 6 })
    fc.assert(
      fc.property(table, cuts, (records, places) => {
        const lines = records.map((fields) =>
          fields.map((each) => `"${each.replaceAll('"', '""')}"`).join(','),
        )
        expect(parse(cut(lines.join('\n'), places))).toEqual(records)
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  test('any pieces of any text give the same', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '#'), maxLength: 40 })
    const cuts = fc.array(fc.nat(40), { maxLength: 6 })
    fc.assert(
      fc.property(text, cuts, (source, places) => {
        expect(outcome(cut(source, places))).toEqual(outcome([source]))
      }),
      { seed: 11, numRuns: 500 },
    )
  })
})

function cut(text: string, places: readonly number[]): string[] {
  const sorted = places.toSorted((left, right) => left - right)
  return [0, ...sorted].map((from, at) => text.slice(from, sorted[at] ?? text.length))
}

function outcome(pieces: readonly string[]): unknown {
  try {
    return parse(pieces)
  } catch (error) {
    return error
  }
}

describe('headers', () => {
  const csv = 'Id,Name,name,_9\n1,a,b,c\n2,d\n3,e,f,g,h\n'
  const use = { csv: { fileHeaderInfo: 'USE' } }

  test('are records, are used, or are passed over', async () => {
    const sql = 'SELECT _1 FROM S3Object LIMIT 1'
    expect((await select(csv, { sql })).text).toBe('Id\n')
    expect((await select(csv, { sql, input: { csv: { fileHeaderInfo: 'ignore' } } })).text).toBe(
      '1\n',
    )
    expect((await select(csv, { sql: 'SELECT id FROM S3Object', input: use })).text).toBe(
      '1\n2\n3\n',
    )
  })

  test('count by place, by name, in any case, or exactly', async () => {
    const sql = 'SELECT s._1, s.ID, s."Name", "name", S._2 FROM S3Object s LIMIT 1'
    expect((await select(csv, { sql, input: use })).text).toBe('1,1,a,b,a\n')
    const named = 'SELECT _9, S3Object._9 FROM S3Object LIMIT 1'
    expect((await select(csv, { sql: named, input: use })).text).toBe('c,c\n')
  })

  test.each([
    ['SELECT NAME FROM S3Object', 'AmbiguousFieldName'],
    ['SELECT "id" FROM S3Object', 'MissingHeaders'],
    ['SELECT other FROM S3Object', 'MissingHeaders'],
    ['SELECT _0 FROM S3Object', 'InvalidColumnIndex'],
    ['SELECT id.x FROM S3Object', 'InvalidKeyPath'],
    ['SELECT id[0] FROM S3Object', 'InvalidKeyPath'],
    ['SELECT id FROM S3Object[*].x', 'InvalidDataSource'],
  ])('%s fails', async (sql, code) => {
    expect(await failureOf(csv, { sql, input: use })).toBe(code)
  })

  test('name the members of JSON, and places name the rest', async () => {
    const { text } = await select(csv, {
      sql: 'SELECT * FROM S3Object',
      input: use,
      output: { json: { recordDelimiter: ';' } },
    })
    expect(text).toBe(
      '{"Id":"1","Name":"a","name":"b","_9":"c"};{"Id":"2","Name":"d"};' +
        '{"Id":"3","Name":"e","name":"f","_9":"g","_5":"h"};',
    )
  })

  test('a field that is not there is MISSING', async () => {
    const sql = 'SELECT _1 FROM S3Object WHERE _3 IS MISSING AND _3 IS NULL'
    expect((await select(csv, { sql, input: use })).text).toBe('2\n')
  })

  test('an empty object has no records, and no wrong names', async () => {
    expect((await select('', { sql: 'SELECT id FROM S3Object', input: use })).text).toBe('')
    expect((await select('', { sql: 'SELECT COUNT(id) FROM S3Object', input: use })).text).toBe(
      '0\n',
    )
    expect((await select('id\n', { sql: 'SELECT id FROM S3Object', input: use })).text).toBe('')
  })
})

describe('bytes', () => {
  test('a byte order mark is no part of the first name', async () => {
    const csv = Buffer.from('\ufeffid\n1\n')
    const query = { sql: 'SELECT "id" FROM S3Object', input: { csv: { fileHeaderInfo: 'USE' } } }
    expect((await select(csv, query)).text).toBe('1\n')
    expect((await select(sourceOf(csv, 1), query)).text).toBe('1\n')
  })

  test.each([
    ['a lone continuation byte', [0x61, 0x80, 0x0a]],
    ['half a character at the end', [0x61, 0x0a, 0xe2, 0x82]],
    ['an overlong form', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('%s is not UTF-8', async (_name, bytes) => {
    expect(await failureOf(Uint8Array.from(bytes), 'SELECT * FROM S3Object')).toMatch(
      /InvalidTextEncoding$/,
    )
  })

  test('characters may be cut between large chunks', async () => {
    const lines = Array.from({ length: 30_000 }, (_, at) => `${at},ß€😀\n`).join('')
    const { text } = await select(sourceOf(lines, 70_001), 'SELECT * FROM S3Object')
    expect(text).toBe(lines)
  })
})

describe('limits', () => {
  const mebibyte = 1024 * 1024

  test('a record of 1 MiB passes, one byte more does not, also without an end', async () => {
    const query = 'SELECT COUNT(*) FROM S3Object'
    expect((await select(`${'a'.repeat(mebibyte)}\nb`, query)).text).toBe('2\n')
    expect(await failureOf(`${'a'.repeat(mebibyte + 1)}\nb`, query)).toBe('OverMaxRecordSize')
    expect(await failureOf(`${'é'.repeat(mebibyte / 2 + 1)}\nb`, query)).toBe('OverMaxRecordSize')
    const quoted = { sql: query, input: { csv: { allowQuotedRecordDelimiter: true } } }
    expect(await failureOf(`"${'a\n'.repeat(mebibyte)}`, quoted)).toBe('OverMaxRecordSize')
  })

  test('a line without end is given up after a mebibyte', async () => {
    let readBytes = 0
    const source = {
      sizeBytes: 2 ** 40,
      async *read() {
        for (;;) {
          readBytes += 65_536
          yield new Uint8Array(65_536).fill(0x61)
        }
      },
    }
    expect(await failureOf(source, 'SELECT * FROM S3Object')).toBe('OverMaxRecordSize')
    expect(readBytes).toBeLessThan(2 * mebibyte)
  })

  test('a result of more than 1 MiB is refused', async () => {
    const columns = Array.from({ length: 40 }, () => '_1').join(', ')
    const csv = `${'a'.repeat(30_000)}\n`
    expect(await failureOf(csv, `SELECT ${columns} FROM S3Object`)).toBe('OverMaxRecordSize')
    const sum = Array.from({ length: 40 }, () => '_1').join(' || ')
    expect(await failureOf(csv, `SELECT CHAR_LENGTH(${sum}) FROM S3Object`)).toBe(
      'OverMaxRecordSize',
    )
  })

  test('a quote without end, or over a line where that is not allowed', async () => {
    const allowed = { csv: { allowQuotedRecordDelimiter: true } }
    const sql = 'SELECT COUNT(*) FROM S3Object'
    expect(await failureOf('"a\nb"\n', { sql })).toBe('CSVUnescapedQuote')
    expect((await select('"a\nb"\n', { sql, input: allowed })).text).toBe('1\n')
    expect(await failureOf('"a\nb\n', { sql, input: allowed })).toBe('CSVUnescapedQuote')
  })
})

describe('scan ranges', () => {
  const csv = 'id,é\n1,"a\nb"\n22,c\n\n#no\n333,d\n'
  const input = { csv: { fileHeaderInfo: 'USE', allowQuotedRecordDelimiter: true } }
  const size = Buffer.byteLength(csv)
  const idsWithin = async (start?: number, end?: number): Promise<string> => {
    const sql = 'SELECT id FROM S3Object'
    return (await select(csv, { sql, input, more: { scanRange: { start, end } } })).text
  }

  test('any two neighbouring ranges give all records once', async () => {
    for (let at = 1; at < size; at++) {
      expect((await idsWithin(0, at - 1)) + (await idsWithin(at))).toBe('1\n22\n333\n')
    }
  })

  test('records count by where they begin', async () => {
    // The header takes 6 bytes, the first record 8, so the second one begins at 14.
    expect(await idsWithin(14, 14)).toBe('22\n')
    expect(await idsWithin(7, 13)).toBe('')
    expect(await idsWithin(6, 6)).toBe('1\n')
    expect(await idsWithin(undefined, 6)).toBe('333\n')
    expect(await idsWithin(undefined, 1000)).toBe('1\n22\n333\n')
  })

  test('nothing is read far behind the range', async () => {
    const long = '1,2\n'.repeat(200_000)
    const query = {
      sql: 'SELECT COUNT(*) FROM S3Object',
      more: { scanRange: { start: 0, end: 3 } },
    }
    const { text, stats } = await select(long, query)
    expect(text).toBe('1\n')
    expect(stats?.bytesScanned).toBeLessThan(200_000)
  })

  test.each([
    [{ start: 5, end: 4 }, input, 'InvalidScanRange'],
    [{ start: size, end: size }, input, 'InvalidScanRange'],
    [{}, input, 'InvalidScanRange'],
    [{ start: 0 }, { ...input, compressionType: 'GZIP' }, 'UnsupportedScanRangeInput'],
    [{ start: 0 }, { json: { type: 'DOCUMENT' } }, 'UnsupportedScanRangeInput'],
    [{}, { parquet: {} }, 'InvalidScanRange'],
  ])('%j fails', async (scanRange, given, code) => {
    const sql = 'SELECT * FROM S3Object'
    expect(await failureOf(csv, { sql, input: given, more: { scanRange } })).toBe(code)
  })
})

describe('the result', () => {
  const csv = 'a b,"c,d","e""f","g\nh"\n,1;2,\n'
  const input = { csv: { allowQuotedRecordDelimiter: true } }
  const sql = 'SELECT * FROM S3Object'

  test.each([
    ['as needed', {}, 'a b,"c,d","e""f","g\nh"\n,1;2,\n'],
    ['always', { quoteFields: 'always' }, '"a b","c,d","e""f","g\nh"\n"","1;2",""\n'],
    ['with a semicolon', { fieldDelimiter: ';' }, 'a b;c,d;"e""f";"g\nh"\n;"1;2";\n'],
    ['with an apostrophe', { quoteCharacter: "'" }, `a b,'c,d',e"f,'g\nh'\n,1;2,\n`],
    [
      'with an escape',
      { quoteEscapeCharacter: '\\' },
      `a b,"c,d",${String.raw`"e\"f"`},"g\nh"\n,1;2,\n`,
    ],
    ['with long records', { recordDelimiter: '\r\n' }, 'a b,"c,d","e""f","g\nh"\r\n,1;2,\r\n'],
  ])('%s', async (_name, output, text) => {
    expect((await select(csv, { sql, input, output: { csv: output } })).text).toBe(text)
  })

  test('can be read again', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\\', "'", ' ') })
    const options = fc.record({
      quoteFields: fc.constantFrom('ASNEEDED', 'ALWAYS'),
      quoteEscapeCharacter: fc.constantFrom('"', '\\'),
    })
    await fc.assert(
      fc.asyncProperty(fc.tuple(field, field), options, async ([first, second], csvOutput) => {
        const json = `${JSON.stringify({ x: first, y: second })}\n`
        const written = await select(json, {
          sql: 'SELECT x, y FROM S3Object',
          input: { json: { type: 'LINES' } },
          output: { csv: csvOutput },
        })
        const read = await select(written.text, {
          sql: 'SELECT _1 AS x, _2 AS y FROM S3Object',
          input: {
            csv: {
              allowQuotedRecordDelimiter: true,
              comments: '',
              quoteEscapeCharacter: csvOutput.quoteEscapeCharacter,
            },
          },
          output: { json: {} },
        })
        expect(read.text).toBe(json)
      }),
      { seed: 3, numRuns: 300 },
    )
  })
})
