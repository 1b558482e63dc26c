import { InvalidArgumentError } from '../errors.ts'
import { maxPartBytes, maxParts, minPartBytes } from './part-sizes.ts'

const mebibyte = 1024 * 1024

/**
 * Small enough that a store which copies 20 MB/s answers each of four within the 30 s that it may
 * be silent; large enough that 5 GiB take but 40 requests.
 */
const defaultCopyPartBytes = 128 * mebibyte

/** Consecutive bytes of an object. */
export interface Stretch {
  readonly offset: number
  readonly length: number
}

/**
 * Into how many parts a piece is cut: of equal size but the last one, which is smaller by less
 * than the number of parts. As every piece but an object's last may end up in its middle, no
 * part is below S3's least size, unless the piece is.
 */
function partCount(lengthBytes: number, partBytes: number): number {
  if (lengthBytes === 0) return 0
  const most = Math.floor(lengthBytes / (minPartBytes + maxParts))
  return Math.max(1, Math.min(Math.ceil(lengthBytes / partBytes), most))
}

function totalParts(lengths: readonly number[], partBytes: number): number {
  return lengths.reduce((sum, length) => sum + partCount(length, partBytes), 0)
}

/**
 * The size of the parts with which pieces of these lengths fit into 10,000 of them.
 *
 * @param asked the size that the caller wants, in bytes
 * @param argument what holds the pieces
 * @throws InvalidArgumentError naming `partSize` or `argument`
 */
export function copyPartBytes(
  lengths: readonly number[],
  asked: number | undefined,
  argument: string,
): number {
  const totalBytes = lengths.reduce((sum, length) => sum + length, 0)
  // Each piece may bring one part that is not full.
  const fullParts = Math.max(1, maxParts - lengths.length)
  const least = Math.ceil(totalBytes / fullParts / mebibyte) * mebibyte
  const bytes = asked ?? Math.min(Math.max(defaultCopyPartBytes, least), maxPartBytes)
  if (totalParts(lengths, bytes) <= maxParts) return bytes
  const wouldFit = totalParts(lengths, maxPartBytes) <= maxParts
  throw new InvalidArgumentError(
    wouldFit ? 'partSize' : argument,
    `must make at most ${maxParts} parts${wouldFit ? '' : ` of ${maxPartBytes} bytes`}`,
  )
}

/** Cuts a piece into parts, without gaps; nothing comes of an empty one. */
export function* cutIntoParts({ offset, length }: Stretch, partBytes: number): Generator<Stretch> {
  if (length === 0) return
  const size = Math.ceil(length / partCount(length, partBytes))
  for (let at = 0; at < length; at += size) {
    yield { offset: offset + at, length: Math.min(size, length - at) }
  }
}
