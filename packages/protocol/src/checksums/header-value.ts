import { Buffer } from 'node:buffer'
import { checksumAlgorithms } from './algorithms.ts'
import type { ChecksumAlgorithm } from './algorithms.ts'

/** A digest as its header has it: base64. */
export function encodeDigest(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('base64')
}

/**
 * Reads a digest out of a header. Strict: the length of the algorithm, nothing but base64, and
 * the one spelling that base64 has for these bytes.
 *
 * @returns undefined for anything else, composite values (`…-3`) included
 */
export function decodeDigest(algorithm: ChecksumAlgorithm, value: string): Uint8Array | undefined {
  const digest = Buffer.from(value, 'base64')
  const isSound =
    digest.length === checksumAlgorithms[algorithm].digestBytes &&
    digest.toString('base64') === value
  return isSound ? digest : undefined
}
