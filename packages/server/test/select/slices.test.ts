import { describe, expect, test } from 'vitest'

import type { Turns } from '../../src/work-slices.ts'
import { selectRecords } from '../../src/select/select-records.ts'
import { fixedNow, requestOf, select, sourceOf, type Query } from './support.ts'
import { formats } from './table.ts'

/** A clock on which every look takes that long, and the turns that were given away. */
class CountedTurns implements Turns {
  turns = 0
  readonly #msPerLook: number
  #nowMs = 0

  constructor(msPerLook: number) {
    this.#msPerLook = msPerLook
  }

  readonly clockMs = (): number => {
    this.#nowMs += this.#msPerLook
    return this.#nowMs
  }

  readonly next = (): Promise<void> => {
    this.turns++
    return Promise.resolve()
  }
}

/** Every look ends the slice. */
const impatient = 10

async function turnsOf(source: string, query: Query, msPerLook = 1): Promise<number> {
  const turns = new CountedTurns(msPerLook)
  await select(source, { ...query, turns })
  return turns.turns
}

const thousandTerms = Array.from({ length: 1000 }, (_, at) => `_1 = 'x${at}'`).join(' OR ')

describe('a query gives other requests their turn', () => {
  test('while it compares each record with 1,000 terms', async () => {
    const sql = `SELECT * FROM S3Object WHERE ${thousandTerms}`
    const turns = await turnsOf('abc,def\n'.repeat(1000), { sql })
    // 1,000 records × 1,000 comparisons, each a unit.
    expect(turns).toBeGreaterThan((1000 * 1000) / 256 / 10)
    expect(await turnsOf('abc,def\n'.repeat(2000), { sql })).toBeLessThan(turns * 2.2)
  })

  test('within one record', async () => {
    const record = `${'ab'.repeat(250_000)}\n`
    const terms = Array.from({ length: 100 }, () => "_1 LIKE '%b_b%'")
    const sql = `SELECT * FROM S3Object WHERE ${terms.join(' AND ')}`
    expect(await turnsOf(record, { sql })).toBeGreaterThan(20)
  })

  test('in the operands of aggregates, and in each format', async () => {
    const sum = Array.from({ length: 40 }, () => 'COUNT(s.id || s.id || s.id)').join(' + ')
    for (const { bytes, input } of formats) {
      const turns = new CountedTurns(impatient)
      const sql = `SELECT ${sum} AS n FROM S3Object s`
      await select(bytes, { sql, input, turns })
      expect(turns.turns).toBeGreaterThan(1)
    }
  })

  test('while nothing matches, and while comments are passed over', async () => {
    const sql = 'SELECT * FROM S3Object LIMIT 1'
    expect(await turnsOf('#\n'.repeat(200_000), { sql }, impatient)).toBeGreaterThan(5)
  })
})

describe('where slices end changes no result', () => {
  const many = Array.from({ length: 60 }, (_, at) => `s.name = 'x${at}'`).join(' OR ')
  test.each([
    'SELECT * FROM S3Object s',
    `SELECT s.name, s.price * 2 FROM S3Object s WHERE NOT (${many})`,
    `SELECT COUNT(*), SUM(s.price), MIN(s.name) FROM S3Object s WHERE s.id > 1 AND NOT (${many})`,
    `SELECT CASE WHEN ${many} THEN 1 ELSE s.id + 1 END, UPPER(s.name) || '!' FROM S3Object s`,
    `SELECT SUM(CASE WHEN ${many} THEN 1 ELSE s.id END), COUNT(s.note) FROM S3Object s`,
    `SELECT s.id FROM S3Object s WHERE s.id IN (${Array.from({ length: 40 }, (_, at) => at * 2).join()})`,
    `SELECT s.id FROM S3Object s WHERE NOT (${many}) LIMIT 3`,
  ])('%s', async (sql) => {
    for (const { bytes, input } of formats) {
      const query = { sql, input, output: { json: {} } }
      const whole = await select(bytes, { ...query, turns: new CountedTurns(0) })
      const cut = await select(bytes, { ...query, turns: new CountedTurns(impatient) })
      expect(cut.text).toBe(whole.text)
      expect(whole.text).not.toBe('')
    }
  })
})

test('a receiver that is gone ends the query between two slices', async () => {
  const turns = new CountedTurns(impatient)
  let closed = false
  const bytes = 'abc\n'.repeat(100_000)
  const source = {
    sizeBytes: bytes.length,
    async *read() {
      try {
        yield* sourceOf(bytes).read(0, bytes.length)
      } finally {
        closed = true
      }
    },
  }
  const betweenSlices = (): void => {
    if (turns.turns > 3) throw new RangeError('gone')
  }
  const request = requestOf({ sql: `SELECT COUNT(*) FROM S3Object WHERE ${thousandTerms}` })
  const messages = selectRecords(request, source, { now: () => fixedNow, turns, betweenSlices })
  await expect(messages.next()).rejects.toThrow(RangeError)
  expect(turns.turns).toBe(4)
  expect(closed).toBe(true)
})
