import { Buffer, isUtf8 } from 'node:buffer'

/** Text of well-formed UTF-8, or undefined: nothing is replaced by U+FFFD, a BOM stays. */
export function utf8TextOf(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
