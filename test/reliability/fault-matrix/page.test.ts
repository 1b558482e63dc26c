import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'stowage'
import { expect, it } from 'vitest'
import { families, faults } from './faults.ts'
import { bucketOperations } from './operations/buckets.ts'
import { listingOperations } from './operations/listings.ts'
import { objectOperations } from './operations/objects.ts'
import { presigningOperations } from './operations/presigning.ts'
import { transferOperations } from './operations/transfers.ts'

const operations = [
  ...bucketOperations,
  ...listingOperations,
  ...objectOperations,
  ...presigningOperations,
  ...transferOperations,
]

/** Methods that send nothing. */
const silent: ReadonlySet<string> = new Set(['constructor', 'close', 'traceTo', 'traceOff'])

/** The cells of the generated table, row by row, the head first. */
function tableOfPage(): string[][] {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/reliability.md'), 'utf8')
  const [, table = ''] = /<!-- fault matrix -->([^]*)<!-- \/fault matrix -->/.exec(page) ?? []
  const rows = table.split('\n').filter((line) => line.startsWith('|'))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

it('the matrix has every method of the client that sends requests', () => {
  const methods = Object.getOwnPropertyNames(Client.prototype).filter((name) => !silent.has(name))
  const covered = new Set(operations.map(({ name }) => name.split(',')[0]))
  expect(methods.filter((method) => !covered.has(method))).toEqual([])
})

it('the matrix has a fault of every family, and no name twice', () => {
  expect(new Set(faults.map(({ family }) => family))).toEqual(new Set(families))
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
  expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length)
})

it('the page lists the operations and families of the tables', () => {
  const [head = [], , ...rows] = tableOfPage()
  expect(head.slice(2)).toEqual([...families].toSorted())
  expect(rows.map(([name]) => name)).toEqual(operations.map(({ name }) => name).toSorted())
})
