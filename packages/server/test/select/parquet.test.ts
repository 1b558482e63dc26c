import { brotliCompressSync, gzipSync } from 'node:zlib'

import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'

import type { SelectSource } from '../../src/select/input/source.ts'
import { failureOf, select, sourceOf, type Query } from './support.ts'
import { parquetTable } from './table.ts'

function query(sql: string): Query {
  return { sql, input: { parquet: {} }, output: { json: {} } }
}

function write(options: Omit<Parameters<typeof parquetWriteBuffer>[0], 'writer'>): Uint8Array {
  return new Uint8Array(parquetWriteBuffer(options))
}

describe('types', () => {
  const moment = new Date('2024-02-29T10:20:30.456Z')
  const bytes = write({
    columnData: [
      { name: 'int', data: [1], type: 'INT32' },
      { name: 'long', data: [9_007_199_254_740_993n], type: 'INT64' },
      { name: 'double', data: [0.1], type: 'DOUBLE' },
      { name: 'text', data: ['Zoë'], type: 'STRING' },
      { name: 'moment', data: [moment], type: 'TIMESTAMP' },
      { name: 'json', data: [{ a: [1, { b: 'x' }] }], type: 'JSON' },
      { name: 'bytes', data: [Uint8Array.of(0xff, 0)], type: 'BYTE_ARRAY' },
    ],
  })

  test('all of them', async () => {
    const { text } = await select(bytes, query('SELECT * FROM S3Object'))
    expect(text).toBe(
      '{"int":1,"long":9007199254740993,"double":0.1,"text":"Zoë",' +
        '"moment":"2024-02-29T10:20:30.456Z","json":{"a":[1,{"b":"x"}]},"bytes":"/wA="}\n',
    )
  })

  test('paths, arithmetic, and moments', async () => {
    const sql =
      'SELECT s.json.a[1].b, long + 1 AS l, EXTRACT(HOUR FROM moment) AS h, "int" / 2.0 AS d' +
      " FROM S3Object s WHERE moment > '2024-02-29T10:20:30Z' AND S.Text LIKE 'Zo_'"
    expect((await select(bytes, query(sql))).text).toBe(
      '{"b":"x","l":9007199254740994,"h":10,"d":0.5}\n',
    )
  })

  test('dates and long decimals keep their digits', async () => {
    const decimals = write({
      columnData: [
        { name: 'day', data: [new Date('2024-02-29')] },
        { name: 'sum', data: [-12_345_678_901_234_567_890_123n] },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'day', type: 'INT32', converted_type: 'DATE', repetition_type: 'REQUIRED' },
        {
          name: 'sum',
          type: 'FIXED_LEN_BYTE_ARRAY',
          type_length: 16,
          converted_type: 'DECIMAL',
          scale: 3,
          precision: 30,
          repetition_type: 'REQUIRED',
        },
      ],
    })
    expect((await select(decimals, query('SELECT * FROM S3Object'))).text).toBe(
      '{"day":"2024-02-29T","sum":-12345678901234567890.123}\n',
    )
  })
})

describe('reading', () => {
  test('only the columns that are named', async () => {
    const noise = Array.from({ length: 20_000 }, (_, at) => `${at}-${Math.imul(at, 40_503)}`)
    const bytes = write({
      columnData: [
        { name: 'small', data: noise.map((_, at) => at % 2) },
        { name: 'large', data: noise },
      ],
    })
    const sources: [number, number][] = []
    const source: SelectSource = {
      sizeBytes: bytes.length,
      read: (offset, length) => {
        sources.push([offset, length])
        return sourceOf(bytes).read(offset, length)
      },
    }
    // The footer takes up to half a megabyte, so what matters is what is read beyond it.
    const { text } = await select(source, query('SELECT SUM(small) AS n FROM S3Object'))
    expect(text).toBe('{"n":10000}\n')
    const one = sources.at(-1)?.[1] ?? 0
    expect(one).toBeLessThan(bytes.length / 4)
    const count = await select(bytes, query('SELECT COUNT(*) AS n FROM S3Object'))
    expect(count.text).toBe('{"n":20000}\n')
  })

  test.each([
    ['GZIP', (input: Uint8Array) => gzipSync(input)],
    ['BROTLI', (input: Uint8Array) => brotliCompressSync(input)],
  ] as const)('%s', async (codec, compress) => {
    const bytes = write({
      columnData: [{ name: 'a', data: ['x', 'y', 'y'] }],
      codec,
      compressors: { [codec]: compress },
    })
    expect((await select(bytes, query('SELECT * FROM S3Object'))).text).toBe(
      '{"a":"x"}\n{"a":"y"}\n{"a":"y"}\n',
    )
  })

  test('a codec that is not there', async () => {
    const bytes = write({
      columnData: [{ name: 'a', data: ['x'] }],
      codec: 'ZSTD',
      compressors: { ZSTD: (input: Uint8Array) => input },
    })
    expect(await failureOf(bytes, query('SELECT * FROM S3Object'))).toBe(
      'ParquetUnsupportedCompressionCodec',
    )
  })

  test('LIMIT ends after the first row group', async () => {
    const bytes = parquetTable()
    const all = await select(bytes, query('SELECT * FROM S3Object'))
    const few = await select(bytes, query('SELECT * FROM S3Object LIMIT 1'))
    expect(few.stats?.bytesScanned).toBeLessThan(all.stats?.bytesScanned ?? 0)
  })
})

describe('what is no Parquet', () => {
  test.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('a,b,c\n1,2,3\n4,5,6\n')],
    ['a footer that is too long', Buffer.from('PAR1aaaa\xff\xff\xff\xffPAR1', 'latin1')],
    ['an empty footer', Buffer.from('PAR1aaaa\0\0\0\0PAR1', 'latin1')],
  ])('%s', async (_name, bytes) => {
    expect(await failureOf(bytes, query('SELECT * FROM S3Object'))).toBe('ParquetParsingError')
  })

  // Of a run of levels, the length: hyparquet then counts to a number beyond all bounds.
  test.each([267, 273])('a damaged byte at %i that would take for ever', async (at) => {
    const damaged = parquetTable()
    damaged[at] = (damaged[at] ?? 0) ^ 0x55
    const asked = { ...query('SELECT * FROM S3Object'), parquetStallMs: 1000 }
    expect(await failureOf(damaged, asked)).toMatch(/^(?:Parquet|OverMaxParquet)/)
  })

  test('damaged bytes give an answer or an error of S3', async () => {
    const whole = parquetTable()
    for (let at = 5; at < whole.length; at += 97) {
      const damaged = Uint8Array.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 0x55
      // Throws for errors of any other kind.
      await failureOf(damaged, { ...query('SELECT * FROM S3Object'), parquetStallMs: 1000 })
    }
  })

  test('errors of reading are not taken for it', async () => {
    const bytes = parquetTable()
    const source: SelectSource = {
      sizeBytes: bytes.length,
      // eslint-disable-next-line require-yield
      async *read() {
        throw new RangeError('disk')
      },
    }
    await expect(select(source, query('SELECT * FROM S3Object'))).rejects.toThrow(RangeError)
  })

  test('a path in FROM', async () => {
    expect(await failureOf(parquetTable(), query('SELECT * FROM S3Object[*].a'))).toBe(
      'InvalidDataSource',
    )
  })
})
