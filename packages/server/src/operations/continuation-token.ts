import { crc32 } from 'node:zlib'

import { invalidArgument } from './parameters.ts'

/**
 * A continuation token names the last entry of a page. To callers it is opaque: a checksum keeps
 * them from making their own, so that what stands in it may change.
 */
export function encodeToken(lastEntry: string): string {
  const name = Buffer.from(lastEntry, 'utf8')
  const token = Buffer.allocUnsafe(4 + name.length)
  token.writeUInt32LE(crc32(name), 0)
  name.copy(token, 4)
  return token.toString('base64url')
}

/** @throws S3Failure InvalidArgument for what `encodeToken` did not make */
export function decodeToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url')
  const name = bytes.subarray(4)
  const genuine =
    bytes.length > 4 &&
    bytes.toString('base64url') === token &&
    bytes.readUInt32LE(0) === crc32(name)
  if (!genuine) throw invalidArgument('continuation-token', token)
  return name.toString('utf8')
}
