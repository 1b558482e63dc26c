import { Buffer } from 'node:buffer'
import { checksumAlgorithms } from './algorithms.ts'
import type { CrcAlgorithm } from './algorithms.ts'

/** Reflected polynomials: the highest bit stands for x^0. */
const polynomials: Readonly<Record<CrcAlgorithm, bigint>> = {
  CRC32: 0xedb88320n,
  CRC32C: 0x82f63b78n,
  CRC64NVME: 0x9a6c9329ac4bc9b5n,
}

/** Per algorithm, entry k is x^(8·2^k): the way over 2^k bytes. Grown at need, at most to 53. */
const powers: Readonly<Record<CrcAlgorithm, bigint[]>> = { CRC32: [], CRC32C: [], CRC64NVME: [] }

/**
 * The CRC of two pieces one after the other, from the CRCs of each: no data is read again. So
 * parts that were uploaded in any order give the checksum of the whole object.
 *
 * Bytes appended to a message multiply its CRC by x^8 each, modulo the polynomial; then the CRC of
 * what was appended is added (the start value cancels out against the final inversion).
 *
 * @param first digest of the first piece, as {@link checksum} gives it
 * @param second digest of the second piece
 * @param secondSizeBytes size of the second piece
 */
export function crcCombine(
  algorithm: CrcAlgorithm,
  first: Uint8Array,
  second: Uint8Array,
  secondSizeBytes: number,
): Uint8Array {
  if (!Number.isSafeInteger(secondSizeBytes) || secondSizeBytes < 0) {
    throw new RangeError('The size of the second piece must be a whole number from 0')
  }
  let crc = readCrc(algorithm, first)
  let power = 0
  for (let rest = secondSizeBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = multiply(algorithm, crc, powerAt(algorithm, power))
    power++
  }
  return writeCrc(algorithm, crc ^ readCrc(algorithm, second))
}

function readCrc(algorithm: CrcAlgorithm, digest: Uint8Array): bigint {
  if (digest.length !== checksumAlgorithms[algorithm].digestBytes) {
    throw new RangeError(`A ${algorithm} digest of ${digest.length} bytes does not exist`)
  }
  return BigInt(`0x${Buffer.from(digest).toString('hex')}`)
}

function writeCrc(algorithm: CrcAlgorithm, crc: bigint): Uint8Array {
  const digits = 2 * checksumAlgorithms[algorithm].digestBytes
  return Buffer.from(crc.toString(16).padStart(digits, '0'), 'hex')
}

function powerAt(algorithm: CrcAlgorithm, exponent: number): bigint {
  const known = powers[algorithm]
  if (known.length === 0) known.push(1n << (widthOf(algorithm) - 9n))
  while (known.length <= exponent) {
    const last = known.at(-1) ?? 0n
    known.push(multiply(algorithm, last, last))
  }
  return known[exponent] ?? 0n
}

/** Product of two reflected polynomials, modulo that of the algorithm. */
function multiply(algorithm: CrcAlgorithm, left: bigint, right: bigint): bigint {
  const polynomial = polynomials[algorithm]
  let product = 0n
  let shifted = right
  for (let bit = 1n << (widthOf(algorithm) - 1n); bit > 0n; bit >>= 1n) {
    if ((left & bit) !== 0n) product ^= shifted
    shifted = (shifted & 1n) === 0n ? shifted >> 1n : (shifted >> 1n) ^ polynomial
  }
  return product
}

function widthOf(algorithm: CrcAlgorithm): bigint {
  return BigInt(8 * checksumAlgorithms[algorithm].digestBytes)
}
