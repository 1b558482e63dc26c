import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DiskDatabase } from '../../src/store/disk-database.ts'
import { cutLogs, inspectRecords } from '../../src/store/level/inspect-records.ts'
import { readLog } from '../../src/store/level/log-file.ts'
import { salvage } from '../../src/store/level/salvage.ts'
import { Witness } from '../../src/store/witness.ts'
import { temporaryDirectory } from '../support/stores.ts'

const everything = { gte: 'o', lt: 'p' }
let directory: { path: string; remove: () => void }
let location: string
let isNew = true

beforeEach(() => {
  directory = temporaryDirectory()
  location = join(directory.path, 'records')
  isNew = true
})

afterEach(() => directory.remove())

async function open(): Promise<DiskDatabase> {
  const database = await DiskDatabase.open({
    directory: directory.path,
    sync: false,
    isNew,
    report: (error) => {
      throw error
    },
  })
  isNew = false
  return database
}

/** Values of many sizes: some span several blocks of 32 KiB. */
async function write(database: DiskDatabase, from: number, count: number): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    const value = Buffer.alloc(index % 50 === 0 ? 100_000 : (index * 37) % 3000, `${index} `)
    const stale = { type: 'del', key: `o\0b\0${(index * 7) % 300}` } as const
    const more = index % 3 === 0 ? [stale] : []
    await database.commit([{ type: 'put', key: `o\0b\0${index % 400}`, value }, ...more])
  }
}

async function recordsOf(database: DiskDatabase): Promise<ReadonlyMap<string, number>> {
  const records = new Map<string, number>()
  for await (const [name, value] of database.entries(everything)) records.set(name, crc32(value))
  return records
}

/** The newest state of every record, out of the files. */
async function salvaged(): Promise<ReadonlyMap<string, number>> {
  const sequences = new Map<string, number>()
  const records = new Map<string, number>()
  for await (const { key, value, sequence } of salvage(location)) {
    const name = key.toString()
    if (name < everything.gte || sequence < (sequences.get(name) ?? -1)) continue
    sequences.set(name, sequence)
    if (value === undefined) records.delete(name)
    else records.set(name, crc32(value))
  }
  return records
}

describe('the files of LevelDB', () => {
  it('are read as LevelDB reads them, over starts and compactions', async () => {
    for (let start = 0; start < 5; start += 1) {
      const database = await open()
      await write(database, start * 300, 300)
      const records = await recordsOf(database)
      await database.close()
      expect(await inspectRecords(location)).toMatchObject({
        commits: (start + 1) * 300,
        damage: [],
        isTorn: false,
      })
      expect(await salvaged()).toEqual(records)
    }
    expect(readdirSync(location).some((name) => name.endsWith('.ldb'))).toBe(true)
  })

  it('lose nothing but the commits after a number when the logs are cut', async () => {
    const database = await open()
    await write(database, 0, 120)
    await database.close()
    for (const commits of [119, 119, 60, 1]) {
      await cutLogs(location, commits)
      expect(await inspectRecords(location)).toMatchObject({ commits, damage: [], isTorn: false })
    }
  })

  it('may end in a torn record, which is no damage', async () => {
    const database = await open()
    await write(database, 0, 20)
    await database.close()
    const name = readdirSync(location).find((file) => file.endsWith('.log')) ?? ''
    const log = join(location, name)
    const whole = statSync(log).size
    const last = readLog(readFileSync(log)).records.at(-1)?.offset ?? 0
    for (let length = whole - 1; length >= last; length -= 11) {
      truncateSync(log, length)
      expect(await inspectRecords(location)).toMatchObject({ commits: 19, damage: [] })
    }
    const manifest = readdirSync(location).find((file) => file.startsWith('MANIFEST')) ?? ''
    for (const file of [log, join(location, manifest)]) {
      appendFileSync(file, Buffer.alloc(40_000))
      expect(await inspectRecords(location)).toMatchObject({ commits: 19, damage: [] })
    }
    // As if the torn commit had never been acknowledged.
    const witness = Witness.open(directory.path)
    await witness.writeBoth({ commits: 19, commitsOnDisk: 19 })
    witness.close()
    const reopened = await open()
    expect((await recordsOf(reopened)).size).toBeGreaterThan(0)
    await reopened.close()
    expect((await inspectRecords(location)).commits).toBe(19)
  })
})
