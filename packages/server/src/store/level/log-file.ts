import { matchesMaskedCrc } from './masked-crc.ts'

const blockBytes = 32 * 1024
const headerBytes = 7

/** The kinds of physical records: a record that spans blocks is split, with 3 in its middle. */
const full = 1
const first = 2
const last = 4

/** One record of a file in LevelDB's log format, which logs and MANIFEST files have. */
export interface LogRecord {
  /** Where its first fragment begins. */
  readonly offset: number
  readonly bytes: Buffer
}

export interface LogContents {
  readonly records: readonly LogRecord[]
  /** Where the first bytes stand that are no record. Undefined: all of the file is intact. */
  readonly damagedAt: number | undefined
  /** Whether the file goes on after `damagedAt` with nothing but the rest of a torn record. */
  readonly isTorn: boolean
}

/**
 * Reads every intact record. After damage it goes on where the damaged record says that it ends, and
 * where that cannot be, with the next block, as LevelDB does in either case.
 */
export function readLog(bytes: Buffer): LogContents {
  return new LogReader(bytes).read()
}

interface Fragment {
  readonly type: number
  readonly offset: number
  readonly bytes: Buffer
}

class LogReader {
  readonly #bytes: Buffer
  readonly #records: LogRecord[] = []
  #position = 0
  #damagedAt: number | undefined
  #isTorn = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  read(): LogContents {
    let begun: Fragment[] = []
    for (;;) {
      const fragment = this.#nextFragment()
      if (fragment === 'end') break
      if (fragment === 'damage') {
        begun = []
        continue
      }
      const { type, offset, bytes } = fragment
      const starts = type === full || type === first
      if (starts !== (begun.length === 0)) this.#noteDamage(begun[0]?.offset ?? offset)
      if (starts) begun = [fragment]
      else if (begun.length > 0) begun.push(fragment)
      if (type === full) this.#records.push({ offset, bytes })
      else if (type === last && begun[0] !== undefined) {
        const whole = Buffer.concat(begun.map((part) => part.bytes))
        this.#records.push({ offset: begun[0].offset, bytes: whole })
      }
      if (type === full || type === last) begun = []
    }
    if (begun[0] !== undefined) this.#noteTorn(begun[0].offset)
    const records = this.#records
    return { records, damagedAt: this.#damagedAt, isTorn: this.#isTorn }
  }

  /** The next physical record whose checksum is right. */
  #nextFragment(): Fragment | 'damage' | 'end' {
    const start = this.#position
    const block = start - (start % blockBytes)
    const end = Math.min(block + blockBytes, this.#bytes.length)
    const isLastBlock = block + blockBytes > this.#bytes.length
    if (end - start < headerBytes) {
      if (isLastBlock && end > start) this.#noteTorn(start)
      if (isLastBlock) return 'end'
      this.#position = end
      return this.#nextFragment()
    }
    const length = this.#bytes.readUInt16LE(start + 4)
    const type = this.#bytes[start + 6] ?? 0
    const next = start + headerBytes + length
    // A loss of power may leave zeros in place of the last bytes.
    if ((next > end && isLastBlock) || (type === 0 && this.#isZeroFrom(start))) {
      this.#noteTorn(start)
      return 'end'
    }
    const covered = this.#bytes.subarray(start + 6, next)
    const isPlausible = next <= end && type >= full && type <= last
    this.#position = isPlausible ? next : end
    if (!isPlausible || !matchesMaskedCrc(covered, this.#bytes.readUInt32LE(start))) {
      this.#noteDamage(start)
      return 'damage'
    }
    return { type, offset: start, bytes: covered.subarray(1) }
  }

  #isZeroFrom(start: number): boolean {
    return this.#bytes.subarray(start).every((byte) => byte === 0)
  }

  #noteDamage(offset: number): void {
    this.#isTorn = false
    this.#damagedAt ??= offset
  }

  #noteTorn(offset: number): void {
    if (this.#damagedAt === undefined) this.#isTorn = true
    this.#damagedAt ??= offset
  }
}
