import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { JsonLines } from '../../src/select/input/json-lines.ts'
import { JsonScanner } from '../../src/select/input/json-scanner.ts'
import { parseJson } from '../../src/select/input/json-values.ts'
import { jsonOf } from '../../src/select/values/text.ts'
import { failureOf, select, sourceOf, type Query } from './support.ts'

const lines = { json: { type: 'LINES' } }
const documents = { json: { type: 'document' } }

function query(sql: string, input: Query['input'] = documents): Query {
  return { sql, input, output: { json: {} } }
}

describe('paths', () => {
  // The examples of the SQL reference, SELECT command, FROM clause.
  const rules =
    '{ "Rules": [ {"id": "1"}, {"expr": "y > x"}, {"id": "2", "expr": "z = DEBUG"} ]}\n' +
    '{ "created": "June 27", "modified": "July 6" }\n'
  const directories =
    '{"dir_name":"important_docs","files":[{"name":"."},{"name":".."}],"owner":"Amazon S3"}' +
    '{"dir_name":"other_docs","files":[{"name":"my stuff"}],"owner":"User"}'
  const susan =
    '{"name":"Susan Smith","org":"engineering","projects":[' +
    '{"project_name":"project1","completed":false},{"project_name":"project2","completed":true}]}'

  test.each([
    [rules, 'SELECT id FROM S3Object[*].Rules[*].id', '{"id":"1"}\n{}\n{"id":"2"}\n{}\n'],
    [
      rules,
      'SELECT id FROM S3Object[*].Rules[*].id WHERE id IS NOT MISSING',
      '{"id":"1"}\n{"id":"2"}\n',
    ],
    [rules, 'SELECT COUNT(id) FROM S3Object[*].Rules[*].id', '{"_1":2}\n'],
    [
      directories,
      'SELECT d.dir_name, d.files FROM S3Object[*] d',
      '{"dir_name":"important_docs","files":[{"name":"."},{"name":".."}]}\n' +
        '{"dir_name":"other_docs","files":[{"name":"my stuff"}]}\n',
    ],
    [
      directories,
      'SELECT _1.dir_name, _1.owner FROM S3Object[*]',
      '{"dir_name":"important_docs","owner":"Amazon S3"}\n{"dir_name":"other_docs","owner":"User"}\n',
    ],
    [
      directories,
      "SELECT f.name FROM S3Object[*].files[*] AS f WHERE f.name LIKE '%.%'",
      '{"name":"."}\n{"name":".."}\n',
    ],
    [susan, 'Select s.name from S3Object s', '{"name":"Susan Smith"}\n'],
    [susan, 'Select s.projects[0].project_name from S3Object s', '{"project_name":"project1"}\n'],
    [susan, "SELECT s['name'], s.projects[9].x FROM S3Object s", '{"name":"Susan Smith"}\n'],
    [susan, 'SELECT COUNT(*) FROM S3Object[*].projects[*] p WHERE p.completed', '{"_1":1}\n'],
    [susan, "SELECT 'b' IN (s.org, s.name) x FROM S3Object s", '{"x":false}\n'],
    [
      '{"a":[1,2,"x"]}',
      'SELECT 2 IN s.a AS y, 3 IN s.a AS n FROM S3Object s',
      '{"y":true,"n":false}\n',
    ],
    ['{"a":{"b":1,"c":2}}', 'SELECT * FROM S3Object[*].a.*', '{"_1":1}\n{"_1":2}\n'],
    ['[{"a":1},{"a":2}]', 'SELECT * FROM S3Object', '{"_1":[{"a":1},{"a":2}]}\n'],
    ['[{"a":1},{"a":2}]', 'SELECT * FROM S3Object[*][*]', '{"a":1}\n{"a":2}\n'],
    ['[{"a":1},{"a":2}]', 'SELECT s.a FROM S3Object[*][1] s', '{"a":2}\n'],
    ['{"_1":"own","_2":3}', 'SELECT _1, s._2 FROM S3Object s', '{"_1":"own","_2":3}\n'],
    ['{"_1":{"x":1}}', 'SELECT _1.x FROM S3Object', '{"x":1}\n'],
    ['1 "a" null', 'SELECT * FROM S3Object', '{"_1":1}\n{"_1":"a"}\n{"_1":null}\n'],
    ['{"a":[]}', 'SELECT * FROM S3Object[*].a[*]', '{}\n'],
    ['{"a":1,"b":null}', 'SELECT a, b, c FROM S3Object', '{"a":1,"b":null}\n'],
    ['{"a":{"x":[1]}}', 'SELECT s FROM S3Object s', '{"s":{"a":{"x":[1]}}}\n'],
    ['{"a":{"x":[1]}}', 'SELECT s.* FROM S3Object s', '{"a":{"x":[1]}}\n'],
  ])('%# %s: %s', async (json, sql, text) => {
    expect((await select(json, query(sql))).text).toBe(text)
  })

  test('names of prototypes are names', async () => {
    const sql = 'SELECT s.__proto__, s.constructor, s.toString FROM S3Object s'
    expect((await select('{"__proto__":1,"a":2}', query(sql))).text).toBe('{"__proto__":1}\n')
    const all = await select('{"__proto__":{"x":1},"a":2}', query('SELECT * FROM S3Object'))
    expect(all.text).toBe('{"__proto__":{"x":1},"a":2}\n')
  })

  test.each([
    ['SELECT NAME FROM S3Object', 'AmbiguousFieldName'],
    ['SELECT * FROM S3Object.a', 'InvalidDataSource'],
    ['SELECT * FROM S3Object[0]', 'InvalidDataSource'],
    ['SELECT s.a[*] FROM S3Object s', 'ParseInvalidContextForWildcardInSelectList'],
  ])('%s fails', async (sql, code) => {
    expect(await failureOf('{"name":1,"Name":2}', query(sql))).toBe(code)
  })

  test('quotes make case matter', async () => {
    const sql = 'SELECT s."Name", s."NAME" FROM S3Object s'
    expect((await select('{"name":1,"Name":2}', query(sql))).text).toBe('{"Name":2}\n')
  })

  test('nested values become JSON in CSV', async () => {
    const sql = 'SELECT s.a, s.b FROM S3Object s'
    const { text } = await select('{"a":{"x":[1,"y"]},"b":2}', { sql, input: documents })
    expect(text).toBe('"{""x"":[1,""y""]}",2\n')
  })
})

describe('values', () => {
  test.each([
    '{"id":12345678901234567890}',
    '{"price":10.50,"n":-0.10}',
    '{"9":1,"10":2,"a":3,"1":4}',
    '{"a":{"b":[{"c":1234567890123456789}]}}',
    '{"s":"1.0 \\"2\\" \\u00e9 12345678901234567"}',
  ])('%s is given back as it was', async (json) => {
    const { text } = await select(json, query('SELECT * FROM S3Object'))
    expect(JSON.stringify(text)).toBe(JSON.stringify(`${json.replace('\\u00e9', 'é')}\n`))
  })

  test('large integers count exactly', async () => {
    const json = '{"id":9007199254740993}\n{"id":9007199254740992}\n'
    const sql = 'SELECT id FROM S3Object WHERE id = 9007199254740993'
    expect((await select(json, query(sql, lines))).text).toBe('{"id":9007199254740993}\n')
    const sum = 'SELECT SUM(id), MAX(id) FROM S3Object'
    expect((await select(json, query(sum, lines))).text).toBe(
      '{"_1":18014398509481985,"_2":9007199254740993}\n',
    )
  })

  test('the exact reader agrees with JSON.parse', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (json) => {
        // With this neighbour the exact reader is taken.
        const exact = jsonOf(parseJson(`[0.10,${json}]`))
        expect(JSON.parse(exact)).toEqual([0.1, JSON.parse(json)])
      }),
      { seed: 5, numRuns: 300 },
    )
  })

  test.each(['[1.0,]', '[1.0 2]', '{"a":1.0,}', '{a:1.0}', '[01.0]', '[1.0', '["\u0001",1.0]'])(
    'the exact reader refuses %j',
    (json) => {
      expect(() => parseJson(json)).toThrow('JSONParsingError')
    },
  )
})

function cutAll(cutter: JsonScanner | JsonLines, pieces: readonly string[]): string[] {
  const values: string[] = []
  const drain = (): void => {
    for (let value = cutter.next(); value !== undefined; value = cutter.next()) values.push(value)
  }
  for (const piece of pieces) {
    cutter.push(piece)
    drain()
  }
  cutter.end()
  drain()
  return values
}

describe('cutting', () => {
  const text =
    ' {"a":"}\\"{[","b":[{},[]]}{"c":"\\\\"} 12 "x y" true\n[1,[2,{"d":"é😀"}]] {"e":null}-1.5e3'
  const expected = [
    '{"a":"}\\"{[","b":[{},[]]}',
    '{"c":"\\\\"}',
    '12',
    '"x y"',
    'true',
    '[1,[2,{"d":"é😀"}]]',
    '{"e":null}',
    '-1.5e3',
  ]

  test('documents at every place', () => {
    expect(cutAll(new JsonScanner(), Array.from(text))).toEqual(expected)
    for (let at = 0; at <= text.length; at++) {
      const pieces = [text.slice(0, at), text.slice(at)]
      expect(cutAll(new JsonScanner(), pieces)).toEqual(expected)
    }
  })

  test('lines at every place, also with several values on a line', () => {
    expect(cutAll(new JsonLines(), Array.from(text))).toEqual(expected)
    const plain = '{"a":1}\r\n\n{"b":{"c":[2]}}\n{"d":"}{"}'
    const records = cutAll(new JsonLines(), [plain]).map((each) => each.trim())
    expect(records).toEqual(['{"a":1}', '{"b":{"c":[2]}}', '{"d":"}{"}'])
    expect(cutAll(new JsonLines(), Array.from(plain)).map((each) => each.trim())).toEqual(records)
  })

  test('small chunks of bytes change nothing', async () => {
    const sql = 'SELECT * FROM S3Object'
    const whole = await select(text, query(sql))
    expect((await select(sourceOf(text, 1), query(sql))).text).toBe(whole.text)
  })
})

describe('limits and errors', () => {
  const sql = 'SELECT COUNT(*) FROM S3Object'

  test.each([
    ['{"a":1', 'JSONParsingError'],
    ['{"a":}', 'JSONParsingError'],
    ['{"a":"', 'JSONParsingError'],
    ['}', 'JSONParsingError'],
    ['abc', 'JSONParsingError'],
    ['['.repeat(129) + ']'.repeat(129), 'JSONParsingError'],
    ['{"a":'.repeat(129) + '1' + '}'.repeat(129), 'JSONParsingError'],
    ['['.repeat(1_000_000), 'JSONParsingError'],
    [`"${'a'.repeat(1_048_577)}"`, 'OverMaxRecordSize'],
    [`[${'1,'.repeat(600_000)}1]`, 'OverMaxRecordSize'],
  ])('%# fails', async (json, code) => {
    expect(await failureOf(json, query(sql))).toBe(code)
    expect(await failureOf(json, query(sql, lines))).toBe(code)
  })

  test('128 levels are enough', async () => {
    const json = '['.repeat(128) + ']'.repeat(128)
    expect((await select(json, query(sql))).text).toBe('{"_1":1}\n')
    expect((await select(json, query(sql, lines))).text).toBe('{"_1":1}\n')
  })

  test('a line without end is given up', async () => {
    const source = {
      sizeBytes: 2 ** 40,
      async *read() {
        for (;;) yield new Uint8Array(65_536).fill(0x20)
      },
    }
    expect(await failureOf(source, query(sql, lines))).toBe('OverMaxRecordSize')
  })
})

test('scan ranges of lines', async () => {
  const json = '{"a":1}\n{"a":22}\n\n{"a":3}'
  for (let at = 1; at < json.length; at++) {
    const parts = [
      { start: 0, end: at - 1 },
      { start: at, end: undefined },
    ].map((scanRange) =>
      select(json, { ...query('SELECT a FROM S3Object', lines), more: { scanRange } }),
    )
    const [first, second] = await Promise.all(parts)
    expect((first?.text ?? '') + (second?.text ?? '')).toBe('{"a":1}\n{"a":22}\n{"a":3}\n')
  }
})
