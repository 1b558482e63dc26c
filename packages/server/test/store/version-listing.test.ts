import { expect, it } from 'vitest'

import { openMemoryDatabase, type Database, type Write } from '../../src/store/database.ts'
import { objectName, versionName } from '../../src/store/key-space.ts'
import { descendingOrder } from '../../src/store/ordered-ids.ts'
import { encodeRecord } from '../../src/store/records.ts'
import { listVersions } from '../../src/store/version-listing.ts'

/** The database, and how many records walks have taken out of it. */
function counting(database: Database): { database: Database; records: () => number } {
  let records = 0
  const counted: Database = {
    ...database,
    walkTogether: (ranges) => {
      const joined = database.walkTogether(ranges)
      const walks = joined.walks.map((walk) => ({
        seek: (target: Buffer) => walk.seek(target),
        close: () => walk.close(),
        nextv: async (size: number) => {
          const batch = await walk.nextv(size)
          records += batch.length
          return batch
        },
      }))
      return { walks, close: () => joined.close() }
    },
  }
  return { database: counted, records: () => records }
}

it('costs what its entries cost, however many versions there are', async () => {
  const plain = await openMemoryDatabase()
  const writes: Write[] = []
  const add = (name: string, sequence: number): void => {
    const value = encodeRecord(name, { versionId: String(sequence), sequence })
    writes.push({ type: 'put', key: name, value })
  }
  for (let group = 0; group < 4; group += 1) {
    for (let index = 0; index < 1500; index += 1) {
      const key = `group${group}/key${index % 10}`
      add(versionName('bucket', key, descendingOrder(index)), index)
      if (index < 10) add(objectName('bucket', key), 10_000 + index)
    }
  }
  await plain.commit(writes)
  const { database, records } = counting(plain)
  const query = {
    prefix: '',
    delimiter: '/',
    keyMarker: '',
    orderMarker: undefined,
    limit: 1000,
  }
  const { entries } = await listVersions(database, 'bucket', query)
  expect(entries.map(({ key }) => key)).toEqual(['group0/', 'group1/', 'group2/', 'group3/'])
  expect(records()).toBeLessThan(1200)
  const before = records()
  const page = await listVersions(database, 'bucket', {
    ...query,
    delimiter: '',
    keyMarker: 'group2/key3',
    orderMarker: descendingOrder(703),
    limit: 2,
  })
  expect(page.entries.map((entry) => entry.kind === 'row' && entry.value)).toEqual([
    { isLatest: false, record: { versionId: '693', sequence: 693 } },
    { isLatest: false, record: { versionId: '683', sequence: 683 } },
  ])
  expect(records() - before).toBeLessThan(10)
  await database.close()
})

it('reads few versions below each of many common prefixes', async () => {
  const plain = await openMemoryDatabase()
  const groups = Array.from({ length: 100 }, (_, index) => `group${1000 + index}/`)
  const writes = groups.flatMap((group) =>
    Array.from({ length: 100 }, (_, index): Write => {
      const name = objectName('bucket', `${group}${index}`)
      const value = encodeRecord(name, { versionId: 'null', sequence: index })
      return { type: 'put', key: name, value }
    }),
  )
  await plain.commit(writes)
  const { database, records } = counting(plain)
  const { entries } = await listVersions(database, 'bucket', {
    prefix: '',
    delimiter: '/',
    keyMarker: '',
    orderMarker: undefined,
    limit: 1000,
  })
  expect(entries.map(({ key }) => key)).toEqual(groups)
  expect(records()).toBeLessThanOrEqual(128 + 100 * 16)
  await database.close()
})
