import { describe, expect, test } from 'vitest'

import { select } from './support.ts'
import { formats } from './table.ts'

/**
 * Which ids a condition lets through. The expectations were derived with SQLite (Python's sqlite3,
 * `PRAGMA case_sensitive_like = ON`) on the same table, and looked through by hand.
 */
const conditions: readonly (readonly [condition: string, ids: readonly number[]])[] = [
  ['id = 3', [3]],
  ['id <> 3', [1, 2, 4, 5, 6]],
  ['id != 3 AND id <= 4', [1, 2, 4]],
  ['id < 2 OR id >= 6', [1, 6]],
  ['NOT id = 1', [2, 3, 4, 5, 6]],
  ['NOT (id > 2 AND flag = true)', [1, 2, 4, 6]],
  ['price > 7.25', [1, 4]],
  ['price >= 7.25', [1, 4, 5]],
  ['price = 0.1', [2]],
  ['price < 0.1', [6]],
  ['price * 2 = 0.4', [3]],
  ['price + 0.05 >= 7.3', [1, 4, 5]],
  ['price - id > 0', [1, 4, 5]],
  ['id % 2 = 1', [1, 3, 5]],
  ['id / 2 = 1', [2, 3]],
  ['-id < -4', [5, 6]],
  ['+id = 2', [2]],
  ['price BETWEEN 0.1 AND 7.25', [2, 3, 5]],
  ['price NOT BETWEEN 0.1 AND 7.25', [1, 4, 6]],
  ['id BETWEEN 4 AND 2', []],
  ['id IN (1, 3, 5, 7)', [1, 3, 5]],
  ['id NOT IN (1, 3, 5)', [2, 4, 6]],
  ["name IN ('plain', 'O''Neil')", [4, 6]],
  ['id IN (1, NULL)', [1]],
  ['id NOT IN (1, NULL)', []],
  ["name = 'plain'", [4]],
  ["name = 'PLAIN'", []],
  ["name < 'C'", [1, 2, 5]],
  ["name > 'O''Neil'", [3, 4]],
  ["name LIKE 'A%'", [1]],
  ["name LIKE '%l%'", [1, 2, 4, 6]],
  [`name LIKE '%"%'`, [1]],
  ["name LIKE '_o%'", [2, 3]],
  ["name LIKE '%,%'", [2]],
  ["name LIKE '%Ace%ler'", [1]],
  ["name LIKE 'Zo_ _'", [3]],
  ["name LIKE '%😀'", [3]],
  [String.raw`name LIKE '%\%%' ESCAPE '\'`, [5]],
  ["name LIKE '%!_off!_' ESCAPE '!'", [5]],
  ["name NOT LIKE '%l%'", [3, 5]],
  ["name LIKE ''", []],
  ["name LIKE '%'", [1, 2, 3, 4, 5, 6]],
  ["name LIKE '______'", [6]],
  ['flag = true', [1, 3, 5]],
  ['flag = false', [2, 4, 6]],
  ['flag <> true', [2, 4, 6]],
  ['flag', [1, 3, 5]],
  ['NOT flag', [2, 4, 6]],
  ['flag = true AND price > 1', [1, 5]],
  ['flag = true OR id = 2', [1, 2, 3, 5]],
  ["day > '2024-01-05'", [2, 4, 6]],
  ["day BETWEEN '2024-01-01' AND '2024-01-31'", [1, 4]],
  ["day LIKE '2024-0_-%'", [1, 2, 4, 6]],
  ["NULLIF(note, '') IS NULL", [1, 3, 5]],
  ["NULLIF(note, '') IS NOT NULL", [2, 4, 6]],
  ["NULLIF(note, '') = 'x'", [2]],
  ["NOT NULLIF(note, '') = 'x'", [4, 6]],
  ["NULLIF(note, '') = 'x' OR id = 1", [1, 2]],
  ["NULLIF(note, '') = 'x' AND id = 1", []],
  ["NULLIF(note, '') LIKE '%a%'", [4, 6]],
  ["COALESCE(NULLIF(note, ''), 'none') = 'none'", [1, 3, 5]],
  [
    "CASE WHEN price >= 10 THEN 'high' WHEN price >= 1 THEN 'middle' ELSE 'low' END = 'middle'",
    [5],
  ],
  ['CASE id WHEN 1 THEN true WHEN 4 THEN true ELSE false END', [1, 4]],
  ['CASE WHEN id = 2 THEN true END', [2]],
  ['id + 1 = 2 OR id * id = 36 AND flag = true', [1]],
  ['(id + 1 = 2 OR id * id = 36) AND flag = true', [1]],
  ["id || '-' || name = '4-plain'", [4]],
  ['CAST(price AS INT) = 7', [5]],
  ["CAST(id AS VARCHAR) = '5'", [5]],
  ['10 - 2 - 3 = 5', [1, 2, 3, 4, 5, 6]],
  ['2 + 3 * 4 = 14', [1, 2, 3, 4, 5, 6]],
  ['10 / 3 * 3 = 9', [1, 2, 3, 4, 5, 6]],
  ['NULL = NULL', []],
  ['1 = 1', [1, 2, 3, 4, 5, 6]],
]

/** Columns of one record, worked out by hand from the SQL reference. */
const values: readonly (readonly [expression: string, id: number, text: string])[] = [
  ['price', 1, '12.50'],
  ['price + 0.1', 3, '0.30'],
  ['price * price', 2, '0.0100'],
  ['price / 4', 5, '1.8125'],
  ['price % 3', 5, '1.25'],
  ['id / 2', 5, '2'],
  ['-id', 5, '-5'],
  ['id / 2.0', 5, '2.5'],
  ['1 / 3.0', 1, `0.${'3'.repeat(38)}`],
  ['2 / 3.0', 1, `0.${'6'.repeat(37)}7`],
  ['1e3 + 1', 1, '1001'],
  ['0.1 + 0.2', 1, '0.3'],
  ['CHAR_LENGTH(name)', 3, '5'],
  ['CHARACTER_LENGTH(name)', 4, '5'],
  ['UPPER(name)', 3, 'ZOË 😀'],
  ['LOWER(name)', 2, '"bolt, 10mm"'],
  ['SUBSTRING(name FROM 5)', 3, '😀'],
  ['SUBSTRING(name FROM 2 FOR 3)', 4, 'lai'],
  ['SUBSTRING(name, 1, 2)', 6, "O'"],
  ['SUBSTRING(name, 0, 3)', 4, 'pl'],
  ['SUBSTRING(name, -4)', 4, 'plain'],
  ['SUBSTRING(name, -4, 3)', 4, ''],
  ['TRIM(note)', 6, 'pad'],
  ['TRIM(LEADING FROM note)', 6, 'pad '],
  ['TRIM(TRAILING FROM note)', 6, ' pad'],
  ["TRIM(BOTH '12' FROM '1112211foobar22211122')", 1, 'foobar'],
  ["TRIM(LEADING 'p' FROM name)", 4, 'lain'],
  ["'a' || id || 'b'", 2, 'a2b'],
  ['COALESCE(NULL, MISSING, name)', 4, 'plain'],
  ["NULLIF(name, 'plain')", 4, ''],
  ['CAST(price AS STRING)', 1, '12.50'],
  ['CAST(price AS INT)', 1, '12'],
  ['CAST(price AS FLOAT)', 1, '12.5'],
  ['CAST(price AS DECIMAL(9, 1))', 5, '7.2'],
  ['CAST(id AS DECIMAL(5, 2))', 5, '5.00'],
  ["CAST('  42 ' AS INTEGER)", 1, '42'],
  ['CAST(flag AS BOOL)', 1, 'true'],
  ['CAST(0 AS BOOLEAN)', 1, 'false'],
  ['CAST(name AS CHAR(3))', 4, 'pla'],
  ['CAST(day AS TIMESTAMP)', 1, '2024-01-05T'],
  ['EXTRACT(YEAR FROM CAST(day AS TIMESTAMP))', 3, '2023'],
  ['DATE_ADD(month, 1, TO_TIMESTAMP(day))', 4, '2024-02-29T'],
  ['DATE_ADD(year, 1, TO_TIMESTAMP(day))', 2, '2025-02-28T'],
  ["DATE_DIFF(day, TO_TIMESTAMP(day), TO_TIMESTAMP('2024-03-01'))", 1, '56'],
  ["TO_STRING(TO_TIMESTAMP(day), 'MMMM d, y')", 2, '"February 29, 2024"'],
  ["CASE WHEN flag THEN 'yes' ELSE 'no' END", 2, 'no'],
]

describe.each(formats)('$name', ({ bytes, input }) => {
  test.each(conditions)('WHERE %s', async (condition, ids) => {
    const { text } = await select(bytes, {
      sql: `SELECT id FROM S3Object WHERE ${condition}`,
      input,
    })
    expect(text.split('\n').filter(Boolean).map(Number)).toEqual(ids)
  })

  test.each(values)('SELECT %s of record %i', async (expression, id, expected) => {
    const sql = `SELECT ${expression} FROM S3Object s WHERE s.id = ${id}`
    expect((await select(bytes, { sql, input })).text).toBe(`${expected}\n`)
  })

  test('aggregates', async () => {
    const sql =
      "SELECT COUNT(*), COUNT(NULLIF(note, '')), SUM(price), AVG(price), MIN(price), MAX(price)," +
      ' SUM(id), AVG(id), MIN(day), MAX(name), MAX(id) - MIN(id), SUM(price * id) FROM S3Object'
    const { text } = await select(bytes, { sql, input })
    // 120.10 / 6 has no end; 12.50 + 0.20 + 0.60 + 400 + 36.25 + 0.30 = 449.85.
    const average = `20.01${'6'.repeat(33)}7`
    expect(text).toBe(`6,3,120.10,${average},0.05,100.00,21,3.5,2022-07-04,plain,5,449.85\n`)
  })

  test('aggregates of some records, and of none', async () => {
    const some = 'SELECT COUNT(*) AS n, SUM(price) FROM S3Object WHERE id <= 2'
    expect((await select(bytes, { sql: some, input })).text).toBe('2,12.60\n')
    const none =
      'SELECT COUNT(*), SUM(price), AVG(price), MIN(id), MAX(id) FROM S3Object WHERE id > 6'
    expect((await select(bytes, { sql: none, input })).text).toBe('0,,,,\n')
    expect((await select(bytes, { sql: `${some} LIMIT 0`, input })).text).toBe('')
  })

  test('everything, and no more than was asked for', async () => {
    const { text } = await select(bytes, { sql: 'SELECT * FROM S3Object LIMIT 2', input })
    expect(text).toBe(
      '1,"Anna ""Ace"" Müller",12.50,true,2024-01-05,\n2,"Bolt, 10mm",0.10,false,2024-02-29,x\n',
    )
    expect((await select(bytes, { sql: 'SELECT * FROM S3Object LIMIT 0', input })).text).toBe('')
  })

  test('names of the result', async () => {
    const sql =
      'SELECT s.id, name AS "Its name", UPPER(name), price cost FROM S3Object s WHERE id = 4'
    const { text } = await select(bytes, { sql, input, output: { json: {} } })
    const names = Array.from(text.matchAll(/"([^"]+)":/g), ([, name]) => name)
    expect(names).toEqual(['id', 'Its name', '_3', 'cost'])
  })
})
