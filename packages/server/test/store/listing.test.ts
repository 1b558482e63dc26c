import { expect, it } from 'vitest'

import { openMemoryDatabase, type Database, type Write } from '../../src/store/database.ts'
import { objectName } from '../../src/store/key-space.ts'
import { listObjects } from '../../src/store/listing.ts'
import { encodeRecord } from '../../src/store/records.ts'

/** The database, and how many records walks have taken out of it. */
function counting(database: Database): { database: Database; records: () => number } {
  let records = 0
  const counted: Database = {
    ...database,
    walk: (range) => {
      const walk = database.walk(range)
      return {
        seek: (target: Buffer) => walk.seek(target),
        close: () => walk.close(),
        nextv: async (size: number) => {
          const batch = await walk.nextv(size)
          records += batch.length
          return batch
        },
      }
    },
  }
  return { database: counted, records: () => records }
}

it('costs what its entries cost, however many keys lie below a common prefix', async () => {
  const plain = await openMemoryDatabase()
  const names: string[] = []
  for (let group = 0; group < 5; group += 1) {
    for (let index = 0; index < 2000; index += 1) names.push(`group${group}/key${index}`)
  }
  const writes = names.map((key): Write => {
    const name = objectName('bucket', key)
    return { type: 'put', key: name, value: encodeRecord(name, {}) }
  })
  await plain.commit(writes)
  const { database, records } = counting(plain)
  const query = { prefix: '', delimiter: '/', after: '', limit: 1000 }
  const page = await listObjects(database, 'bucket', query)
  expect(page.entries.map(({ name }) => name)).toEqual([
    'group0/',
    'group1/',
    'group2/',
    'group3/',
    'group4/',
  ])
  expect(records()).toBeLessThan(1000)
  const before = records()
  await listObjects(database, 'bucket', { ...query, after: 'group2/', limit: 1 })
  expect(records() - before).toBeLessThan(10)
  await database.close()
})

it('reads few keys below each of many common prefixes', async () => {
  const plain = await openMemoryDatabase()
  const groups = Array.from({ length: 100 }, (_, index) => `group${1000 + index}/`)
  const names = groups.flatMap((group) =>
    Array.from({ length: 100 }, (_, index) => `${group}${index}`),
  )
  await plain.commit(
    names.map((key): Write => {
      const name = objectName('bucket', key)
      return { type: 'put', key: name, value: encodeRecord(name, {}) }
    }),
  )
  const { database, records } = counting(plain)
  const query = { prefix: '', delimiter: '/', after: '', limit: 1000 }
  const page = await listObjects(database, 'bucket', query)
  expect(page.entries.map(({ name }) => name)).toEqual(groups)
  expect(records()).toBeLessThanOrEqual(128 + 100 * 16)
  await database.close()
})
