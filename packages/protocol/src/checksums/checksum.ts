import { createHash } from 'node:crypto'
import type { ChecksumAlgorithm } from './algorithms.ts'
import { Crc32 } from './crc32.ts'
import { Crc32c } from './crc32c.ts'
import { Crc64Nvme } from './crc64nvme.ts'

/** A checksum in the making. */
export interface Checksum {
  /** Takes the next bytes; keeps no reference to them. */
  update(bytes: Uint8Array): void
  /** The sum of all bytes so far, most significant byte first. May be called once. */
  digest(): Uint8Array
}

const makers: Readonly<Record<ChecksumAlgorithm, () => Checksum>> = {
  CRC32: () => new Crc32(),
  CRC32C: () => new Crc32c(),
  CRC64NVME: () => new Crc64Nvme(),
  SHA1: () => createHash('sha1'),
  SHA256: () => createHash('sha256'),
  MD5: () => createHash('md5'),
}

/**
 * Starts a checksum over data that comes in pieces.
 *
 * @example
 * const checksum = createChecksum('CRC32C')
 * checksum.update(Buffer.from('12345'))
 * checksum.update(Buffer.from('6789'))
 * checksum.digest() // e3069283
 */
export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  return makers[algorithm]()
}

/** The checksum of bytes that lie together in memory. */
export function checksum(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Uint8Array {
  const sum = createChecksum(algorithm)
  sum.update(bytes)
  return sum.digest()
}
