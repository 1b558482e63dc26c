import { checkInteger } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'

const mebibyte = 1024 * 1024

// Amazon S3 User Guide, "Amazon S3 multipart upload limits".
export const minPartBytes: number = 5 * mebibyte
export const maxPartBytes: number = 5 * 1024 * mebibyte
export const maxParts = 10_000
/** The largest object that fits: 48.8 TiB. Older stores take 5 TiB and say so. */
export const maxObjectBytes: number = maxPartBytes * maxParts

/** Few enough requests to be cheap, small enough that four of them are no burden. */
export const defaultPartBytes: number = 16 * mebibyte

/**
 * Of a source whose length nobody knows. It is read faster than it is sent, so that all parts are
 * held at once, beside what their pieces leave to the garbage collector.
 */
export const streamPartBytes: number = 8 * mebibyte

/** @throws InvalidArgumentError naming `argument` */
export function checkPartSize(partSize: number, argument = 'partSize'): void {
  checkInteger(argument, partSize, minPartBytes, maxPartBytes)
}

/**
 * The part size for an object of known size: the one asked for, or one with which it fits
 * into 10,000 parts, in whole MiB.
 *
 * @throws InvalidArgumentError naming `partSize` or `length`
 */
export function partSizeFor(sizeBytes: number, asked: number | undefined): number {
  if (sizeBytes > maxObjectBytes) {
    throw new InvalidArgumentError('length', `must be at most ${maxObjectBytes} bytes`)
  }
  if (asked === undefined) {
    const least = Math.ceil(sizeBytes / maxParts / mebibyte) * mebibyte
    return Math.max(defaultPartBytes, least)
  }
  checkPartSize(asked)
  if (sizeBytes > asked * maxParts) {
    throw new InvalidArgumentError('partSize', `must make at most ${maxParts} parts`)
  }
  return asked
}

/** What is sent from memory in one piece: Node 20 hashes no more at once. */
export const maxHeldPartBytes: number = 2 ** 31 - 1

/**
 * @param partBytes the size of the parts, which are held in memory
 * @param asked the size that the caller named, if any
 * @throws InvalidArgumentError naming `partSize`, or `length` where the size follows from it
 */
export function checkHeldPart(partBytes: number, asked: number | undefined): void {
  if (partBytes <= maxHeldPartBytes) return
  throw new InvalidArgumentError(
    asked === undefined ? 'length' : 'partSize',
    `would make parts of more than ${maxHeldPartBytes} bytes, which only files and Blobs can have`,
  )
}

/** So many parts have one size before the next ones are twice as large. */
const partsPerSize = 700
/** Parts grow up to here, which {@link maxHeldPartBytes} leaves room for. */
const maxGrownBytes = 1024 * mebibyte

/**
 * The size of a part when nobody knows how much will come: it doubles every 700 parts up to
 * 1 GiB, so that even 5 MiB parts carry 5 TiB within 10,000 of them.
 *
 * @param partNumber from 1
 */
export function growingPartSize(partNumber: number, firstPartBytes: number): number {
  const doublings = Math.floor((partNumber - 1) / partsPerSize)
  return Math.min(firstPartBytes * 2 ** doublings, Math.max(firstPartBytes, maxGrownBytes))
}
