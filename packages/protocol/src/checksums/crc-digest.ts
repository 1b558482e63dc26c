/** A 32-bit sum as bytes, most significant first, as S3 encodes it. */
export function bigEndian32(crc: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, crc)
  return bytes
}

/** A 64-bit sum, given as halves, as bytes, most significant first. */
export function bigEndian64(high: number, low: number): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, high)
  view.setUint32(4, low)
  return bytes
}
