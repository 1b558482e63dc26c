import { expect, test } from 'vitest'

import { failureOf, select, type Query } from './support.ts'

const one = 'a\n'

function value(expression: string): Promise<string> {
  return select(one, `SELECT ${expression} FROM S3Object`).then(({ text }) => text.trim())
}

test('takes a text of more than 1,024 characters for no number, boolean or time', async () => {
  const padded = (text: string, length: number): string => `CAST('${text.padEnd(length)}' AS`
  expect(await value(`${padded('12', 1024)} INT)`)).toBe('12')
  expect(await value(`${padded('true', 1024)} BOOL)`)).toBe('true')
  expect(await value(`${padded('2024T', 1024)} TIMESTAMP)`)).toBe('2024T')
  for (const type of ['INT', 'BOOL', 'TIMESTAMP']) {
    const sql = `SELECT ${padded(type === 'BOOL' ? 'true' : '2024', 1025)} ${type}) FROM S3Object`
    expect(await failureOf(one, sql)).toBe('CastFailed')
  }
})

test('refuses products of more than 400 digits, and rounds what is smaller than any number', async () => {
  const power = (factor: string, count: number): string =>
    Array.from({ length: count }, () => factor).join(' * ')
  const large = `9${'0'.repeat(39)}`
  expect((await value(power(large, 10))).length).toBe(400)
  expect(await failureOf(one, `SELECT ${power(large, 11)} FROM S3Object`)).toBe('IntegerOverflow')
  expect(await failureOf(one, `SELECT ${power(`${large}.5`, 11)} FROM S3Object`)).toBe(
    'IntegerOverflow',
  )
  expect(await value(`${power(`0.${'0'.repeat(70)}1`, 900)} = 0`)).toBe('true')
})

test('refuses comment marks of more than 8 characters', async () => {
  const query = (comments: string): Query => ({
    sql: 'SELECT * FROM S3Object',
    input: { csv: { comments } },
  })
  expect((await select('########a\nb\n', query('########'))).text).toBe('b\n')
  expect(await failureOf(one, query('#########'))).toBe('InvalidRequestParameter')
})

test('finds columns and members among thousands, in any case and exactly', async () => {
  const names = Array.from({ length: 3000 }, (_, at) => `Col${at}`)
  const csv = `${names.join()},TWICE,twice\n${names.map((_, at) => at).join()},x,y\n`
  const json = `{${names.map((name, at) => `"${name}":${at}`).join()},"TWICE":"x","twice":"y"}\n`
  for (const [bytes, input] of [
    [csv, { csv: { fileHeaderInfo: 'USE' } }],
    [json, { json: { type: 'LINES' } }],
  ] as const) {
    const sql = 'SELECT s.COL2999, s."Col17", s."twice" FROM S3Object s'
    expect((await select(bytes, { sql, input })).text).toBe('2999,17,y\n')
    const ambiguous = { sql: 'SELECT s.Twice FROM S3Object s', input }
    expect(await failureOf(bytes, ambiguous)).toBe('AmbiguousFieldName')
  }
})

test('reads records that come in many pieces, quoted and not, as those in one', async () => {
  const quoted = `"${'x""y\\n'.repeat(30_000)}","${'a\nb'.repeat(20_000)}"\n`
  const csv = `${quoted}${'p'.repeat(200_000)},q\n${quoted}`
  const input = { csv: { allowQuotedRecordDelimiter: true } }
  const sql = 'SELECT CHAR_LENGTH(_1), CHAR_LENGTH(_2) FROM S3Object'
  const plain = `${'x""y\\n'.replaceAll('""', '"').length * 30_000},60000\n`
  expect((await select(csv, { sql, input })).text).toBe(`${plain}200000,1\n${plain}`)
})
