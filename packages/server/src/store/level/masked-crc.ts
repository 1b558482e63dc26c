import { checksum } from '@stowage/protocol'

const maskDelta = 0xa282ead8

/** Whether a stored checksum, masked as LevelDB masks it, is the CRC-32C of the bytes. */
export function matchesMaskedCrc(bytes: Uint8Array, stored: number): boolean {
  return isMaskedCrc(checksum('CRC32C', bytes), stored)
}

/** Whether a stored checksum, masked as LevelDB masks it, is this CRC-32C. */
export function isMaskedCrc(digest: Uint8Array, stored: number): boolean {
  const rotated = (stored - maskDelta) >>> 0
  const expected = ((rotated >>> 17) | (rotated << 15)) >>> 0
  return Buffer.from(digest).readUInt32BE(0) === expected
}
