import { createHash, randomBytes } from 'node:crypto'
import { closeSync, constants, fsync, openSync, readFileSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'

import { DamagedDirectoryError } from './damage.ts'
import { witnessName } from './directory.ts'
import { errorCode } from './file-system.ts'

/** Apart from each other, so that a torn write damages one of them at most. */
const slotOffsets = [0, 4096] as const

const magic = 0x53774e31
const bootBytes = 16
const slotBytes = 4 + 8 + 8 + bootBytes + 4

/** What the records must hold at the next start. */
export interface Testimony {
  /** Number of the last commit that was acknowledged. */
  readonly commits: number
  /** The least number that the records must have after a loss of power. */
  readonly commitsOnDisk: number
}

interface Slot extends Testimony {
  readonly boot: Buffer
}

/**
 * A file beside the records that says how many commits have been acknowledged. It is what notices
 * a log that is missing, or was cut between two records: no checksum can. Two slots are overwritten
 * in turn, so that the file never grows and a crash leaves the earlier one.
 */
export class Witness {
  readonly #file: number
  readonly #slot = Buffer.alloc(slotBytes)
  #next = 0

  private constructor(file: number) {
    this.#file = file
    this.#slot.writeUInt32BE(magic, 0)
    bootId().copy(this.#slot, 20)
  }

  /** Opens the file for writing, and makes it where it is missing. */
  static open(directory: string): Witness {
    const flags = constants.O_RDWR | constants.O_CREAT
    return new Witness(openSync(join(directory, witnessName), flags, 0o600))
  }

  /**
   * Hands the numbers to the operating system. It does so at once: a few bytes for a page that is in
   * memory take microseconds, and a way through the thread pool takes ten times as long.
   */
  write({ commits, commitsOnDisk }: Testimony): void {
    const slot = this.#slot
    slot.writeBigUInt64BE(BigInt(commits), 4)
    slot.writeBigUInt64BE(BigInt(commitsOnDisk), 12)
    slot.writeUInt32BE(crc32(slot.subarray(0, slotBytes - 4)), slotBytes - 4)
    const written = writeSync(this.#file, slot, 0, slotBytes, slotOffsets[this.#next])
    if (written < slotBytes) throw new Error('the witness was not written whole')
    this.#next = 1 - this.#next
  }

  /** Writes both slots and waits for the disk. */
  async writeBoth(testimony: Testimony): Promise<void> {
    this.write(testimony)
    this.write(testimony)
    await promisify(fsync)(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/**
 * How many commits the records must hold.
 * @throws DamagedDirectoryError when the file is missing or damaged
 */
export async function readWitness(directory: string): Promise<number> {
  const bytes = await readWhole(join(directory, witnessName))
  const slots = slotOffsets.flatMap((offset) => slotAt(bytes, offset) ?? [])
  if (slots.length === 0) {
    const problem = bytes === undefined ? 'it is missing' : 'it does not match its checksum'
    throw new DamagedDirectoryError(directory, [{ file: witnessName, problem }])
  }
  const { commits, commitsOnDisk, boot } = slots.reduce((a, b) => (b.commits > a.commits ? b : a))
  return boot.equals(bootId()) ? commits : commitsOnDisk
}

async function readWhole(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function slotAt(bytes: Buffer | undefined, offset: number): Slot | undefined {
  const slot = bytes?.subarray(offset, offset + slotBytes)
  if (slot === undefined || slot.length < slotBytes || slot.readUInt32BE(0) !== magic)
    return undefined
  if (crc32(slot.subarray(0, slotBytes - 4)) !== slot.readUInt32BE(slotBytes - 4)) return undefined
  return {
    commits: Number(slot.readBigUInt64BE(4)),
    commitsOnDisk: Number(slot.readBigUInt64BE(12)),
    boot: Buffer.from(slot.subarray(20, 20 + bootBytes)),
  }
}

/**
 * What differs after each start of the machine, where Linux says so. Without it each start of the
 * server counts as one after a loss of power.
 */
function bootId(): Buffer {
  try {
    const text = readFileSync('/proc/sys/kernel/random/boot_id')
    return createHash('sha256').update(text).digest().subarray(0, bootBytes)
  } catch {
    return randomBytes(bootBytes)
  }
}
