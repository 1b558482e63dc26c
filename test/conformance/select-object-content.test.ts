import { gzipSync } from 'node:zlib'
import {
  S3Error,
  sseC,
  type Client,
  type SelectCounts,
  type SelectCsvInput,
  type SelectOptions,
} from 'stowage'
import { expect, vi } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { CountingProxy } from './harness/counting-proxy.ts'
import {
  csvFormat,
  formats,
  jsonFormat,
  priceOf,
  rows,
  type Format,
  type Row,
} from './harness/select-table.ts'

// Some hundred queries, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 120_000 })

/** In characters, as SQL counts. */
function lengthOf(text: string): number {
  return Array.from(text).length
}

/** Conditions, each with a predicate that knows nothing of SQL. */
const conditions: readonly (readonly [condition: string, holds: (row: Row) => boolean])[] = [
  ['id = 3', ({ id }) => id === 3],
  ['id <> 3', ({ id }) => id !== 3],
  ['id != 3 AND id <= 40', ({ id }) => id !== 3 && id <= 40],
  ['id < 2 OR id >= 236', ({ id }) => id < 2 || id >= 236],
  ['id > 100 AND id < 110 OR id = 7', ({ id }) => (id > 100 && id < 110) || id === 7],
  ['id > 100 AND (id < 110 OR id = 170)', ({ id }) => id > 100 && (id < 110 || id === 170)],
  ['NOT id = 1', ({ id }) => id !== 1],
  ['NOT (id > 20 AND flag = true)', ({ id, flag }) => !(id > 20 && flag)],
  ['price > 60.5', ({ cents }) => cents > 6050],
  ['price >= 79.19', ({ cents }) => cents >= 7919],
  ['price = 0', ({ cents }) => cents === 0],
  ['price < 1', ({ cents }) => cents < 100],
  ['price * 2 = 158.38', ({ cents }) => cents * 2 === 15_838],
  ['price + 0.81 >= 80', ({ cents }) => cents + 81 >= 8000],
  ['price - id > 0', ({ cents, id }) => cents > id * 100],
  ['price / 2 > 50.25', ({ cents }) => cents > 10_050],
  ['id % 7 = 3', ({ id }) => id % 7 === 3],
  ['id % 2 = 1 AND id % 3 = 0', ({ id }) => id % 2 === 1 && id % 3 === 0],
  ['id * id > 40000', ({ id }) => id * id > 40_000],
  ['-id < -230', ({ id }) => id > 230],
  ['(id + 1) * 2 = 30', ({ id }) => (id + 1) * 2 === 30],
  ['price BETWEEN 10 AND 20.5', ({ cents }) => cents >= 1000 && cents <= 2050],
  ['price NOT BETWEEN 10 AND 120', ({ cents }) => cents < 1000 || cents > 12_000],
  ['id BETWEEN 40 AND 20', () => false],
  ['NOT id > 3 AND NOT flag = true', ({ id, flag }) => id <= 3 && !flag],
  [
    'id = 2 OR id = 3 AND flag = true OR id > 239',
    ({ id, flag }) => id === 2 || (id === 3 && flag) || id > 239,
  ],
  ['id + 1 BETWEEN 3 AND 2 + 3 AND price > 0', ({ id, cents }) => id >= 2 && id <= 4 && cents > 0],
  ['id IS NOT MISSING AND id IS NOT NULL AND id < 4', ({ id }) => id < 4],
  ['id IN (1, 3, 5, 700)', ({ id }) => [1, 3, 5].includes(id)],
  ['id NOT IN (1, 3, 5)', ({ id }) => ![1, 3, 5].includes(id)],
  ["name IN ('plain', 'O''Neil')", ({ name }) => name === 'plain' || name === "O'Neil"],
  ["name = 'plain'", ({ name }) => name === 'plain'],
  ["name = 'PLAIN'", () => false],
  ["name <> 'plain'", ({ name }) => name !== 'plain'],
  ["name < 'C'", ({ name }) => name < 'C'],
  ["name > 'plain'", ({ name }) => name > 'plain'],
  ["name BETWEEN 'B' AND 'P'", ({ name }) => name >= 'B' && name <= 'P'],
  ["name LIKE 'A%'", ({ name }) => name.startsWith('A')],
  ["name LIKE '%10mm'", ({ name }) => name.endsWith('10mm')],
  ["name LIKE '%, %'", ({ name }) => name.includes(', ')],
  [`name LIKE '%"%'`, ({ name }) => name.includes('"')],
  ["name LIKE '%😀%'", ({ name }) => name.includes('😀')],
  ["name LIKE '汉_'", ({ name }) => name === '汉字'],
  ["name LIKE '_o%'", ({ name }) => name[1] === 'o'],
  ["name LIKE '____'", ({ name }) => lengthOf(name) === 4],
  ["name NOT LIKE '%l%'", ({ name }) => !name.includes('l')],
  [String.raw`name LIKE '%\%%' ESCAPE '\'`, ({ name }) => name.includes('%')],
  ["name LIKE '%!_off!_%' ESCAPE '!'", ({ name }) => name.includes('_off_')],
  [String.raw`name = 'back\slash'`, ({ name }) => name === String.raw`back\slash`],
  ["LOWER(name) LIKE 'äöü%'", ({ name }) => name.toLowerCase().startsWith('äöü')],
  ["UPPER(name) = 'PLAIN'", ({ name }) => name.toUpperCase() === 'PLAIN'],
  ['CHAR_LENGTH(name) = 6', ({ name }) => lengthOf(name) === 6],
  ["SUBSTRING(name, 1, 2) = 'Zo'", ({ name }) => name.startsWith('Zo')],
  ["name || '!' = 'plain!'", ({ name }) => name === 'plain'],
  ['flag = true', ({ flag }) => flag],
  ['flag = false', ({ flag }) => !flag],
  ['flag <> true', ({ flag }) => !flag],
  ['flag = true AND price > 100', ({ flag, cents }) => flag && cents > 10_000],
  ['flag = true OR id = 4', ({ flag, id }) => flag || id === 4],
  ["day = '2022-01-01'", ({ day }) => day === '2022-01-01'],
  ["day >= '2024-01-01'", ({ day }) => day >= '2024-01-01'],
  ["day LIKE '____-02-%'", ({ day }) => day.slice(5, 7) === '02'],
  [
    "CAST(day AS TIMESTAMP) < CAST('2022-06-01T' AS TIMESTAMP)",
    ({ day }) => new Date(day) < new Date('2022-06-01'),
  ],
  [
    'EXTRACT(MONTH FROM CAST(day AS TIMESTAMP)) = 12',
    ({ day }) => new Date(day).getUTCMonth() === 11,
  ],
  ["note = 'x'", ({ note }) => note === 'x'],
  ["note LIKE '%quoted%'", ({ note }) => note?.includes('quoted') === true],
  ["note IS NULL OR note = ''", ({ note }) => note === null],
  ["note IS NOT NULL AND note <> ''", ({ note }) => note !== null],
  ["COALESCE(note, '') = ''", ({ note }) => note === null],
  ["TRIM(note) = 'padded'", ({ note }) => note?.trim() === 'padded'],
  ["NULLIF(name, 'plain') IS NULL", ({ name }) => name === 'plain'],
  ["CAST(id AS STRING) LIKE '1_'", ({ id }) => id >= 10 && id < 20],
  ["CASE WHEN id < 5 THEN 'low' ELSE 'high' END = 'low'", ({ id }) => id < 5],
]

type Cell = string | number

/** What is made of each row; numbers are compared as numbers. */
const projections: readonly (readonly [expression: string, of: (row: Row) => Cell])[] = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['price', ({ cents }) => Number(priceOf(cents))],
  ['day', ({ day }) => day],
  ['id + 1', ({ id }) => id + 1],
  ['id + 2 * 3 - 1', ({ id }) => id + 5],
  ['(id + 2) * (3 - 1) % 7', ({ id }) => ((id + 2) * 2) % 7],
  ['"name"', ({ name }) => name],
  ['price * 3', ({ cents }) => (cents * 3) / 100],
  ['CAST(price * 100 AS INT)', ({ cents }) => cents],
  ["name || '/' || day", ({ name, day }) => `${name}/${day}`],
  ['UPPER(day)', ({ day }) => day],
  ['SUBSTRING(day, 1, 4)', ({ day }) => day.slice(0, 4)],
  ['CHAR_LENGTH(name)', ({ name }) => lengthOf(name)],
  ['EXTRACT(YEAR FROM CAST(day AS TIMESTAMP))', ({ day }) => Number(day.slice(0, 4))],
  [
    "DATE_DIFF(day, TO_TIMESTAMP('2022-01-01T'), TO_TIMESTAMP(day))",
    ({ day }) => (Date.parse(day) - Date.UTC(2022, 0, 1)) / 86_400_000,
  ],
  [
    "TO_STRING(DATE_ADD(day, 40, TO_TIMESTAMP(day)), 'yyyy-MM-dd')",
    ({ day }) => new Date(Date.parse(day) + 40 * 86_400_000).toISOString().slice(0, 10),
  ],
  ["TRIM(LEADING 'p' FROM name)", ({ name }) => name.replace(/^p+/, '')],
  ['SUBSTRING(name FROM 2 FOR 3)', ({ name }) => Array.from(name).slice(1, 4).join('')],
  ["CASE WHEN id % 2 = 0 THEN 'even' ELSE 'odd' END", ({ id }) => (id % 2 ? 'odd' : 'even')],
  ["COALESCE(NULLIF(note, ''), 'none')", ({ note }) => note ?? 'none'],
]

const cents = rows.map((row) => row.cents)
const sum = cents.reduce((total, each) => total + each, 0)

const aggregates: readonly (readonly [query: string, value: number])[] = [
  ['COUNT(*) AS v FROM S3Object', rows.length],
  ['COUNT(*) AS v FROM S3Object WHERE flag = true', rows.filter(({ flag }) => flag).length],
  ['COUNT(id) AS v FROM S3Object WHERE id > 1000', 0],
  ['SUM(price) AS v FROM S3Object', sum / 100],
  ['SUM(id) AS v FROM S3Object WHERE id <= 100', 5050],
  ['MIN(price) AS v FROM S3Object', Math.min(...cents) / 100],
  ['MAX(price) AS v FROM S3Object', Math.max(...cents) / 100],
  ['AVG(id) AS v FROM S3Object', (rows.length + 1) / 2],
  ['AVG(price) AS v FROM S3Object', sum / 100 / rows.length],
  ['MAX(price) - MIN(price) AS v FROM S3Object', (Math.max(...cents) - Math.min(...cents)) / 100],
]

const json = { json: {} } as const

async function values(
  client: Client,
  bucket: string,
  object: string,
  options: Omit<SelectOptions, 'output'>,
): Promise<Cell[]> {
  const cells: Cell[] = []
  const result = await client.selectObjectContent(bucket, object, { ...options, output: json })
  for await (const record of result.records()) cells.push((record as { readonly v: Cell }).v)
  return cells
}

/** The code that a call fails with, in the answer or in the stream. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof S3Error ? error.code : `no S3Error: ${String(error)}`
}

async function store(client: Client, bucket: string): Promise<void> {
  for (const { name, bytes } of formats) await client.putObject(bucket, name, bytes)
  for (const { name, bytes } of [csvFormat, jsonFormat]) {
    await client.putObject(bucket, `${name}.gz`, gzipSync(bytes))
  }
}

function gzipped(format: Format): SelectOptions['input'] {
  const { input } = format
  if (input.parquet) throw new Error('Parquet compresses within')
  return { ...input, compression: 'GZIP' }
}

const sources: readonly (readonly [object: string, input: SelectOptions['input']])[] = [
  ...formats.map(({ name, input }) => [name, input] as const),
  ['csv.gz', gzipped(csvFormat)],
  ['json.gz', gzipped(jsonFormat)],
]

conformance('selectObjectContent', (defineCase) => {
  for (const [object, input] of sources) {
    defineCase(`finds the rows that a condition holds for, in ${object}`, async (context) => {
      const name = await context.bucket()
      await store(context.client, name)
      const ask = async ([condition, holds]: (typeof conditions)[number]): Promise<void> => {
        const expected = rows.filter(holds).map(({ id }) => id)
        const expression = `SELECT s.id AS v FROM S3Object s WHERE ${condition}`
        const found = await values(context.client, name, object, { expression, input })
        expect(found.map(Number), condition).toEqual(expected)
      }
      for (let at = 0; at < conditions.length; at += 8) {
        await Promise.all(conditions.slice(at, at + 8).map(ask))
      }
    })
  }

  defineCase('computes what a query asks of each row', async ({ client, bucket }) => {
    const name = await bucket()
    await store(client, name)
    for (const [sql, of] of projections) {
      const expected = rows.map(of)
      const isNumber = typeof expected[0] === 'number'
      for (const [object, input] of sources) {
        const expression = `SELECT ${sql} AS v FROM S3Object`
        const found = await values(client, name, object, { expression, input })
        expect(isNumber ? found.map(Number) : found, `${object}: ${sql}`).toEqual(expected)
      }
    }
  })

  defineCase('computes what a query asks of all rows', async ({ client, bucket }) => {
    const name = await bucket()
    await store(client, name)
    for (const [query, expected] of aggregates) {
      for (const [object, input] of sources) {
        const found = await values(client, name, object, { expression: `SELECT ${query}`, input })
        expect(found, `${object}: ${query}`).toHaveLength(1)
        expect(Number(found[0]), `${object}: ${query}`).toBeCloseTo(expected, 9)
      }
    }
  })

  defineCase('writes CSV and JSON, with delimiters of one’s own', async ({ client, bucket }) => {
    const name = await bucket()
    await store(client, name)
    const expression = 'SELECT s.id, s.name FROM S3Object s LIMIT 20'
    const some = rows.slice(0, 20)
    for (const { name: object, input } of formats) {
      const textOf = async (output: SelectOptions['output']): Promise<string> =>
        (await client.selectObjectContent(name, object, { expression, input, output })).text()
      const quoted = (text: Cell): string => `"${String(text).replaceAll('"', '""')}"`
      const asNeeded = (text: string): string => (/[",]/.test(text) ? quoted(text) : text)
      const line = (row: Row): string => `${row.id},${asNeeded(row.name)}\n`
      expect(await textOf({ csv: {} }), object).toBe(some.map(line).join(''))
      const always = {
        quoteFields: 'ALWAYS',
        fieldDelimiter: ';',
        recordDelimiter: '\r\n',
      } as const
      expect(await textOf({ csv: always }), object).toBe(
        some.map((row) => `${quoted(row.id)};${quoted(row.name)}\r\n`).join(''),
      )
      const records = (await textOf({ json: { recordDelimiter: '\u0000' } })).split('\u0000')
      const names = records.slice(0, -1).map((record) => (JSON.parse(record) as Row).name)
      expect(names, object).toEqual(some.map((row) => row.name))
    }
  })

  defineCase('reads other dialects of CSV', async ({ client, bucket }) => {
    const name = await bucket()
    const dialects: readonly (readonly [text: string, csv: SelectCsvInput])[] = [
      [
        `1;"a;b";"say ""no"""\r\n2;"two\r\nlines";it's\r\n`,
        { fieldDelimiter: ';', recordDelimiter: '\r\n', allowQuotedRecordDelimiter: true },
      ],
      [
        String.raw`%none|1_'a;b'_'say "no"'|%none|2_'two` + '\r\n' + String.raw`lines'_'it\'s'|`,
        {
          fieldDelimiter: '_',
          recordDelimiter: '|',
          quoteCharacter: "'",
          quoteEscapeCharacter: '\\',
          comments: '%',
        },
      ],
    ]
    for (const [text, csv] of dialects) {
      await client.putObject(name, 'csv', text)
      const result = await client.selectObjectContent(name, 'csv', {
        expression: 'SELECT s._1, s._2, s._3 FROM S3Object s',
        input: { csv },
        output: json,
      })
      const found: unknown[] = []
      for await (const record of result.records()) found.push(Object.values(record as object))
      expect(found, text).toEqual([
        ['1', 'a;b', 'say "no"'],
        ['2', 'two\r\nlines', "it's"],
      ])
    }
  })

  defineCase('reads JSON documents, one behind the other', async ({ client, bucket }) => {
    const name = await bucket()
    const documents = rows.map((row) => JSON.stringify(row, undefined, 2))
    await client.putObject(name, 'json', documents.join('\n\n'))
    const input = { json: { type: 'DOCUMENT' } } as const
    const query = { expression: 'SELECT s.name AS v FROM S3Object s WHERE s.flag = true', input }
    const expected = rows.filter(({ flag }) => flag).map((row) => row.name)
    expect(await values(client, name, 'json', query)).toEqual(expected)
    await client.putObject(name, 'json', `{"rows":[${documents.join(',')}]}`)
    const each = {
      expression: 'SELECT s.id AS v FROM S3Object[*].rows[*] s WHERE s.id <= 3',
      input,
    }
    expect(await values(client, name, 'json', each)).toEqual([1, 2, 3])
  })

  defineCase('reads an object under a key of the customer’s own', async ({ client, bucket }) => {
    const name = await bucket()
    const sse = sseC(new Uint8Array(32).fill(7))
    for (const { name: object, bytes, input } of formats) {
      await client.putObject(name, object, bytes, { sse })
      const query = { expression: 'SELECT COUNT(*) AS v FROM S3Object', input }
      const [count] = await values(client, name, object, { ...query, sse })
      expect(Number(count), object).toBe(rows.length)
      expect(await codeOf(values(client, name, object, query)), object).toBe('InvalidRequest')
      const wrong = { ...query, sse: sseC(new Uint8Array(32).fill(8)) }
      expect(await codeOf(values(client, name, object, wrong)), object).toBe('AccessDenied')
    }
  })

  defineCase('tells how far it is, and what it took', async ({ client, bucket }) => {
    const name = await bucket()
    await store(client, name)
    const told: SelectCounts[] = []
    const compressed = gzipSync(csvFormat.bytes)
    const result = await client.selectObjectContent(name, 'csv.gz', {
      expression: 'SELECT * FROM S3Object',
      input: gzipped(csvFormat),
      output: { csv: {} },
      onProgress: (progress) => told.push(progress),
    })
    expect(result.stats).toBeUndefined()
    const returned = await result.bytes()
    const counts = {
      bytesScanned: compressed.length,
      bytesProcessed: csvFormat.bytes.length,
      bytesReturned: returned.length,
    }
    expect(result.stats).toEqual(counts)
    expect(told.at(-1)).toEqual(counts)
    expect(result.progress).toEqual(counts)
  })

  defineCase('fails before the first record with a code', async ({ client, bucket }) => {
    const name = await bucket()
    await store(client, name)
    const { input } = csvFormat
    const refused = (expression: string, more: Partial<SelectOptions> = {}): Promise<string> =>
      codeOf(client.selectObjectContent(name, 'csv', { expression, input, output: json, ...more }))
    expect(await refused('SELECT')).toBe('ParseEmptySelect')
    expect(await refused('SELECT nowhere FROM S3Object')).toBe('MissingHeaders')
    expect(await refused('SELECT CAST(name AS INT) FROM S3Object')).toBe('CastFailed')
    const everything = 'SELECT * FROM S3Object'
    const bzip2 = { ...csvFormat.input, compression: 'BZIP2' } as SelectOptions['input']
    expect(await refused(everything, { input: bzip2 })).toBe('NotImplemented')
    const query = { expression: everything, input, output: json }
    expect(await codeOf(client.selectObjectContent(name, 'absent', query))).toBe('NoSuchKey')
    expect(await codeOf(client.selectObjectContent(`${name}-no`, 'csv', query))).toBe(
      'NoSuchBucket',
    )
  })

  defineCase('fails in the stream, behind the records that were right', async (context) => {
    const { client } = context
    const name = await context.bucket()
    const good = '1234567\n'.repeat(300_000)
    await client.putObject(name, 'numbers', `${good}none\n${good}`)
    const result = await client.selectObjectContent(name, 'numbers', {
      expression: 'SELECT CAST(_1 AS INT) FROM S3Object',
      input: { csv: {} },
      output: { csv: {} },
    })
    let received = ''
    const reading = (async () => {
      for await (const piece of result) received += Buffer.from(piece).toString('latin1')
    })()
    expect(await codeOf(reading)).toBe('CastFailed')
    expect(received.length).toBeGreaterThan(0)
    expect(good.startsWith(received)).toBe(true)
    expect(result.stats).toBeUndefined()
  })

  defineCase('frees the connection when given up', async ({ client, bucket, newClient }) => {
    const name = await bucket()
    await client.putObject(name, 'large', `${'x'.repeat(99)}\n`.repeat(200_000))
    const [endpoint = ''] = /^http:\/\/[^/]+/.exec(await client.presignedGetObject(name, 'x')) ?? []
    await using proxy = await CountingProxy.start(endpoint)
    const other = newClient({ endpoint: proxy.endpoint })
    const query = { expression: 'SELECT * FROM S3Object', input: { csv: {} }, output: { csv: {} } }
    const waysOut = {
      break: async () => {
        for await (const piece of await other.selectObjectContent(name, 'large', query)) {
          expect(piece.length).toBeGreaterThan(0)
          break
        }
      },
      cancel: async () => {
        const result = await other.selectObjectContent(name, 'large', query)
        await result.read()
        result.cancel()
      },
      signal: async () => {
        const controller = new AbortController()
        const { signal } = controller
        const result = await other.selectObjectContent(name, 'large', { ...query, signal })
        await result.read()
        const reason = new Error('enough')
        controller.abort(reason)
        await expect(result.bytes()).rejects.toBe(reason)
      },
    }
    for (const [label, leave] of Object.entries(waysOut)) {
      await leave()
      expect(await proxy.untilOpen(0), label).toBeLessThan(1000)
    }
  })
})
