import { createCipheriv } from 'node:crypto'

/** A prime: no two positions that are whole parts, MiB or pieces apart have the same bytes. */
const period = 1_048_573
const maxPieceBytes = 1024 * 1024

const pattern = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(
  Buffer.alloc(period),
)
const unrolled = Buffer.concat([pattern, pattern, pattern])

/** Content of any size that takes no memory: what stands where is a matter of arithmetic. */
export function* patternOf(
  sizeBytes: number,
  pieceBytes: number,
  offset = 0,
): Generator<Uint8Array> {
  for (let at = 0; at < sizeBytes; at += pieceBytes) {
    const start = (offset + at) % period
    yield unrolled.subarray(start, start + Math.min(pieceBytes, sizeBytes - at))
  }
}

/** Whether bytes are what stands at this offset. */
export function isPatternAt(offset: number, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length; done += maxPieceBytes) {
    const piece = bytes.subarray(done, done + maxPieceBytes)
    const start = (offset + done) % period
    if (unrolled.compare(piece, 0, piece.length, start, start + piece.length) !== 0) return false
  }
  return true
}
