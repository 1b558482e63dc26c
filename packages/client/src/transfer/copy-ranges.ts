import { InvalidArgumentError } from '../errors.ts'
import { maxPartBytes, maxParts, minPartBytes } from './part-sizes.ts'

const mebibyte = 1024 * 1024

/**
 * Small enough that a store which copies 10 MB/s answers each of four within the 30 s that it may
 * be silent; large enough that 5 GiB take but 80 requests.
 */
const defaultCopyPartBytes = 64 * mebibyte

/** Consecutive bytes of an object. */
export interface Stretch {
  readonly offset: number
  readonly length: number
}

/**
 * Into how many parts a piece is cut. The last piece of an object may end with a part of any size;
 * in the middle of it, none may be below S3's least size, so they rather become larger.
 */
function partCount(lengthBytes: number, partBytes: number, isLast: boolean): number {
  const count = Math.ceil(lengthBytes / partBytes)
  if (isLast || count <= 1) return count
  return Math.min(count, Math.floor(lengthBytes / minPartBytes))
}

function totalParts(lengths: readonly number[], partBytes: number): number {
  const last = lengths.length - 1
  return lengths.reduce(
    (sum, length, index) => sum + partCount(length, partBytes, index === last),
    0,
  )
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

/**
 * Cuts a piece into parts, without gaps; nothing comes of an empty one. The last piece is cut as an
 * upload would be: parts of one size, and what remains. Others are cut evenly.
 */
export function* cutIntoParts(
  { offset, length }: Stretch,
  partBytes: number,
  isLast: boolean,
): Generator<Stretch> {
  const count = partCount(length, partBytes, isLast)
  const least = Math.floor(length / count)
  const larger = length % count
  for (let index = 0, at = 0; index < count; index++) {
    const evenBytes = index < larger ? least + 1 : least
    const bytes = isLast ? Math.min(partBytes, length - at) : evenBytes
    yield { offset: offset + at, length: bytes }
    at += bytes
  }
}
