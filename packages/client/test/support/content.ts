import { createCipheriv } from 'node:crypto'

export const mebibyte: number = 1024 * 1024
/** The smallest part that stores take, and the size of all parts in these tests. */
export const partBytes: number = 5 * mebibyte

let known: Buffer = Buffer.alloc(0)

/** Bytes of which no two stretches are alike, always the same ones. */
export function contentOf(sizeBytes: number): Buffer {
  if (known.length < sizeBytes) {
    known = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
      Buffer.alloc(sizeBytes),
    )
  }
  return known.subarray(0, sizeBytes)
}

export function* piecesOf(bytes: Uint8Array, sizeBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes)
}
