import { bigEndian64 } from './crc-digest.ts'

/** The polynomial of the NVMe specification, bits reflected, in halves. */
const polynomialHigh = 0x9a6c9329
const polynomialLow = 0xac4bc9b5

/**
 * CRC-64/NVME. Eight bytes per step through eight tables, each number in two halves of 32 bits:
 * BigInt would be a hundred times slower. `!` on the tables: every index is masked to their
 * length.
 */
export class Crc64Nvme {
  #high = -1
  #low = -1

  update(bytes: Uint8Array): void {
    tables ??= buildTables()
    const { high: highs, low: lows } = tables
    const length = bytes.length
    const lastStep = length - 8
    let high = this.#high
    let low = this.#low
    let index = 0
    for (; index <= lastStep; index += 8) {
      low ^= word(bytes, index)
      high ^= word(bytes, index + 4)
      const a = 1792 + (low & 0xff)
      const b = 1536 + ((low >>> 8) & 0xff)
      const c = 1280 + ((low >>> 16) & 0xff)
      const d = 1024 + (low >>> 24)
      const e = 768 + (high & 0xff)
      const f = 512 + ((high >>> 8) & 0xff)
      const g = 256 + ((high >>> 16) & 0xff)
      const h = high >>> 24
      high =
        highs[a]! ^
        highs[b]! ^
        highs[c]! ^
        highs[d]! ^
        highs[e]! ^
        highs[f]! ^
        highs[g]! ^
        highs[h]!
      low = lows[a]! ^ lows[b]! ^ lows[c]! ^ lows[d]! ^ lows[e]! ^ lows[f]! ^ lows[g]! ^ lows[h]!
    }
    for (; index < length; index++) {
      const entry = (low ^ bytes[index]!) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ lows[entry]!
      high = (high >>> 8) ^ highs[entry]!
    }
    this.#high = high
    this.#low = low
  }

  digest(): Uint8Array {
    return bigEndian64(~this.#high, ~this.#low)
  }
}

interface HalfTables {
  readonly high: Int32Array
  readonly low: Int32Array
}

let tables: HalfTables | undefined

/** Eight tables of 256 numbers in a row, built at first use; table k is k bytes further on. */
function buildTables(): HalfTables {
  const high = new Int32Array(8 * 256)
  const low = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let upper = 0
    let lower = byte
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (lower & 1) === 1
      lower = (lower >>> 1) | (upper << 31)
      upper >>>= 1
      if (isOdd) {
        lower ^= polynomialLow
        upper ^= polynomialHigh
      }
    }
    high[byte] = upper
    low[byte] = lower
  }
  for (let index = 256; index < high.length; index++) {
    const upper = high[index - 256]!
    const lower = low[index - 256]!
    low[index] = ((lower >>> 8) | (upper << 24)) ^ low[lower & 0xff]!
    high[index] = (upper >>> 8) ^ high[lower & 0xff]!
  }
  return { high, low }
}

/** Four bytes, least significant first. */
function word(bytes: Uint8Array, index: number): number {
  return (
    bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24)
  )
}
