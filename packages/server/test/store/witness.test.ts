import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { DamagedDirectoryError } from '../../src/store/damage.ts'
import { readWitness, Witness } from '../../src/store/witness.ts'
import { temporaryDirectory } from '../support/stores.ts'

const slots = [0, 4096]
const slotBytes = 40

describe('the witness of commits', () => {
  let directory: { path: string; remove: () => void }
  let path: string

  beforeEach(async () => {
    directory = temporaryDirectory()
    path = join(directory.path, 'witness')
    const witness = Witness.open(directory.path)
    await witness.writeBoth({ commits: 9, commitsOnDisk: 4 })
    witness.write({ commits: 10, commitsOnDisk: 4 })
    witness.close()
  })

  afterEach(() => directory.remove())

  function change(offset: number): void {
    const bytes = readFileSync(path)
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset)
    writeFileSync(path, bytes)
  }

  it('tells the last number that was written', async () => {
    expect(await readWitness(directory.path)).toBe(10)
  })

  it('tells the number before it when one slot is damaged, and none when both are', async () => {
    for (let offset = 0; offset < slotBytes; offset += 1) {
      change(offset)
      expect(await readWitness(directory.path)).toBe(9)
      for (let other = 0; other < slotBytes; other += 13) {
        change(4096 + other)
        await expect(readWitness(directory.path)).rejects.toThrow(DamagedDirectoryError)
        change(4096 + other)
      }
      change(offset)
    }
  })

  it('asks for no more than was on the disk where the system does not tell its starts apart', async () => {
    vi.resetModules()
    vi.doMock('node:fs', async (original) => ({
      ...(await original<object>()),
      readFileSync: () => {
        throw new Error('there is no such file')
      },
    }))
    try {
      const elsewhere = await import('../../src/store/witness.ts')
      const witness = elsewhere.Witness.open(directory.path)
      await witness.writeBoth({ commits: 12, commitsOnDisk: 5 })
      witness.close()
      expect(await elsewhere.readWitness(directory.path)).toBe(5)
    } finally {
      vi.doUnmock('node:fs')
      vi.resetModules()
    }
  })

  it('asks for no more than was on the disk after another start of the machine', async () => {
    const bytes = readFileSync(path)
    for (const slot of slots) {
      bytes.fill(7, slot + 20, slot + 36)
      bytes.writeUInt32BE(crc32(bytes.subarray(slot, slot + 36)), slot + 36)
    }
    writeFileSync(path, bytes)
    expect(await readWitness(directory.path)).toBe(4)
  })
})
