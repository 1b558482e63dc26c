import { Buffer } from 'node:buffer'
import { checksumAlgorithms } from './algorithms.ts'
import type { ChecksumAlgorithm, CrcAlgorithm } from './algorithms.ts'
import { createChecksum } from './checksum.ts'
import { crcCombine } from './combine.ts'
import { encodeDigest } from './header-value.ts'

/** Digest and size of one part. */
export interface PartDigest {
  readonly digest: Uint8Array
  readonly sizeBytes: number
}

/**
 * The composite checksum of a multipart object: the checksum over the digests of its parts, in
 * base64, and the number of parts.
 *
 * @throws RangeError without parts, or where S3 has no composite checksum of the algorithm
 * @example
 * declare const digests: Uint8Array[]
 * compositeChecksum('CRC32', digests) // 'efOKxQ==-2'
 */
export function compositeChecksum(
  algorithm: ChecksumAlgorithm,
  digests: readonly Uint8Array[],
): string {
  if (!checksumAlgorithms[algorithm].kinds.includes('COMPOSITE')) {
    throw new RangeError(`There is no composite ${algorithm}`)
  }
  return `${encodeDigest(digestOfDigests(algorithm, digests))}-${digests.length}`
}

/**
 * The full-object CRC of a multipart object, in base64, from its parts in order.
 *
 * @throws RangeError without parts
 */
export function fullObjectChecksum(algorithm: CrcAlgorithm, parts: readonly PartDigest[]): string {
  const [first, ...others] = parts
  if (first === undefined) throw new RangeError('An object has at least one part')
  const combined = others.reduce(
    (digest, part) => crcCombine(algorithm, digest, part.digest, part.sizeBytes),
    first.digest,
  )
  return encodeDigest(combined)
}

/**
 * The ETag, without quotes, that S3 gives a multipart object that is not encrypted with a key of
 * the caller or of KMS: MD5 over the MD5 digests of the parts, in hexadecimal, and their number.
 *
 * @throws RangeError without parts
 */
export function multipartEtag(partMd5s: readonly Uint8Array[]): string {
  const digest = digestOfDigests('MD5', partMd5s)
  return `${Buffer.from(digest).toString('hex')}-${partMd5s.length}`
}

function digestOfDigests(algorithm: ChecksumAlgorithm, digests: readonly Uint8Array[]): Uint8Array {
  if (digests.length === 0) throw new RangeError('An object has at least one part')
  const sum = createChecksum(algorithm)
  for (const digest of digests) sum.update(digest)
  return sum.digest()
}
