import { crc32 } from 'node:zlib'

import { DamagedBlobError, type BlobDescription, type Segment } from './blobs.ts'
import {
  errorCode,
  readFully,
  storageFailure,
  type FileSystem,
  type OpenFile,
} from './file-system.ts'

/**
 * A blob's file holds its bytes, then a footer:
 *
 * - the CRC-32 of each block of 64 KiB, the last of which may be shorter, 4 bytes each
 * - what the blob says of itself, as JSON
 * - a trailer of 32 bytes: the number of bytes (8), the size of a block (4), the length of the JSON
 *   (4), the version of the format (4), the CRC-32 of the footer up to here (4), and a mark (8)
 *
 * Numbers are little-endian. A segment tells the length of the footer and its CRC-32, so that every
 * read is proven against the record; the trailer is for those who have no record.
 */
export const blockBytes: number = 64 * 1024

const sumBytes = 4
const trailerBytes = 32
const formatVersion = 1
const mark = Buffer.from('stowblob', 'latin1')

/** What the footer of a blob holds besides its checksums. */
interface BlobFacts extends BlobDescription {
  readonly blob: string
}

/** The checksums of the blocks of bytes that come in pieces. */
export class BlockSums {
  readonly #sums: number[] = []
  #open = 0
  #openBytes = 0

  update(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const piece = bytes.subarray(from, from + blockBytes - this.#openBytes)
      this.#open = crc32(piece, this.#open)
      this.#openBytes += piece.length
      from += piece.length
      if (this.#openBytes === blockBytes) this.#close()
    }
  }

  #close(): void {
    this.#sums.push(this.#open)
    this.#open = 0
    this.#openBytes = 0
  }

  /** The table of a footer. */
  finish(): Buffer {
    if (this.#openBytes > 0) this.#close()
    const table = Buffer.allocUnsafe(this.#sums.length * sumBytes)
    for (const [index, sum] of this.#sums.entries()) table.writeUInt32LE(sum, index * sumBytes)
    return table
  }
}

/** The footer of a blob. */
export function blobFooter(table: Buffer, sizeBytes: number, facts: BlobFacts): Buffer {
  const json = Buffer.from(JSON.stringify(facts))
  const footer = Buffer.concat([table, json, Buffer.alloc(trailerBytes)])
  const trailer = footer.length - trailerBytes
  footer.writeBigUInt64LE(BigInt(sizeBytes), trailer)
  footer.writeUInt32LE(blockBytes, trailer + 8)
  footer.writeUInt32LE(json.length, trailer + 12)
  footer.writeUInt32LE(formatVersion, trailer + 16)
  footer.writeUInt32LE(footerChecksum(footer), trailer + 20)
  mark.copy(footer, trailer + 24)
  return footer
}

/**
 * The CRC-32 of what stands before it in a footer, which tells footers apart. One of the whole
 * footer would not: over bytes and their own CRC-32 it is the same number, whatever the bytes are.
 */
export function footerChecksum(footer: Buffer): number {
  return crc32(footer.subarray(0, footer.length - trailerBytes + 20))
}

/** What follows the trailer's checksum was not covered by it. */
function hasIntactEnd(footer: Buffer, checksum: number): boolean {
  const trailer = footer.length - trailerBytes
  return (
    footer.readUInt32LE(trailer + 20) === checksum && footer.subarray(-mark.length).equals(mark)
  )
}

/** @throws DamagedBlobError, S3Failure SlowDown */
export async function openBlobFile(
  files: FileSystem,
  path: string,
  blob: string,
): Promise<OpenFile> {
  try {
    return await files.openToRead(path, { followsLink: false })
  } catch (error) {
    const failure = storageFailure(error)
    if (failure !== error) throw failure
    const missing = errorCode(error) === 'ENOENT'
    throw new DamagedBlobError(missing ? 'is missing' : 'cannot be opened', { blob, cause: error })
  }
}

/**
 * Fills the buffer from a position of a blob's file.
 * @returns how many bytes there were
 * @throws DamagedBlobError
 */
export async function readBlobFile(
  file: OpenFile,
  buffer: Buffer,
  blob: string,
  position: number,
): Promise<number> {
  try {
    return await readFully(file, buffer, position)
  } catch (error) {
    throw new DamagedBlobError('cannot be read', { blob, position, cause: error })
  }
}

/** How many bytes the footer of a segment has; one more is read to see that nothing follows. */
export function footerBytesOf({ blob, footerBytes }: Segment): number {
  if (footerBytes !== undefined) return footerBytes
  throw new DamagedBlobError('has no footer', { blob })
}

/**
 * The checksums of the blocks of a segment, proven against the record that names it.
 * @param tail what the file holds after the bytes of the segment, and whether it ends there
 * @throws DamagedBlobError
 */
export function provenTable(segment: Segment, tail: Buffer): Buffer {
  const { blob, sizeBytes, crc32: expected } = segment
  const footerBytes = footerBytesOf(segment)
  if (tail.length !== footerBytes) {
    const reason = tail.length < footerBytes ? 'is too short' : 'is too long'
    throw new DamagedBlobError(reason, { blob, position: sizeBytes + tail.length })
  }
  if (footerChecksum(tail) !== expected || !hasIntactEnd(tail, expected)) {
    throw new DamagedBlobError('has a damaged footer', { blob, position: sizeBytes })
  }
  return tail
}

/**
 * Compares whole blocks with their checksums.
 * @param position of the first byte, where a block begins
 * @throws DamagedBlobError
 */
export function checkBlocks(table: Buffer, bytes: Buffer, blob: string, position: number): void {
  for (let from = 0; from < bytes.length; from += blockBytes) {
    const at = ((position + from) / blockBytes) * sumBytes
    if (crc32(bytes.subarray(from, from + blockBytes)) === table.readUInt32LE(at)) continue
    const reason = 'does not match its checksums'
    throw new DamagedBlobError(reason, { blob, position: position + from })
  }
}

/** A blob as its file tells it. */
export interface FoundBlob {
  readonly segment: Segment
  readonly description: BlobDescription
}

/**
 * What a file says of the blob that it holds, without any record: for the one who rebuilds records.
 * The footer and the length of the file are proven; the bytes are whenever they are read.
 * @param blob the id of the blob, by the name of the file
 * @throws DamagedBlobError when the file is not a whole blob, or another one
 */
export async function describeBlobFile(
  files: FileSystem,
  path: string,
  blob: string,
): Promise<FoundBlob> {
  const file = await openBlobFile(files, path, blob)
  try {
    const size = await sizeOf(file, blob)
    const trailer = await tailOf(file, blob, size, trailerBytes)
    const sizeBytes = Number(trailer.readBigUInt64LE(0))
    const jsonBytes = trailer.readUInt32LE(12)
    const tableBytes = Math.ceil(sizeBytes / blockBytes) * sumBytes
    const footerBytes = tableBytes + jsonBytes + trailerBytes
    const known =
      trailer.readUInt32LE(8) === blockBytes && trailer.readUInt32LE(16) === formatVersion
    if (!known || !trailer.subarray(24).equals(mark) || sizeBytes + footerBytes !== size) {
      throw new DamagedBlobError('has a damaged footer', { blob, position: size - trailerBytes })
    }
    const footer = await tailOf(file, blob, size, footerBytes)
    return foundBlob(footer, { blob, sizeBytes, tableBytes })
  } finally {
    await file.close()
  }
}

async function sizeOf(file: OpenFile, blob: string): Promise<number> {
  try {
    return (await file.stat()).size
  } catch (error) {
    throw new DamagedBlobError('cannot be read', { blob, cause: error })
  }
}

/** The last bytes of a file. */
async function tailOf(file: OpenFile, blob: string, size: number, length: number): Promise<Buffer> {
  const position = size - length
  if (position < 0) throw new DamagedBlobError('is too short', { blob, position: size })
  const tail = Buffer.allocUnsafe(length)
  if ((await readBlobFile(file, tail, blob, position)) === length) return tail
  throw new DamagedBlobError('is too short', { blob, position })
}

interface FooterPlace {
  readonly blob: string
  readonly sizeBytes: number
  readonly tableBytes: number
}

function foundBlob(footer: Buffer, { blob, sizeBytes, tableBytes }: FooterPlace): FoundBlob {
  const trailer = footer.length - trailerBytes
  const damaged = new DamagedBlobError('has a damaged footer', { blob, position: sizeBytes })
  const checksum = footerChecksum(footer)
  if (!hasIntactEnd(footer, checksum)) throw damaged
  // Bytes that pass the checksum were written by `blobFooter`.
  const facts = JSON.parse(footer.toString('utf8', tableBytes, trailer)) as BlobFacts
  const { blob: named, ...description } = facts
  if (named !== blob) throw new DamagedBlobError('is another blob', { blob })
  const segment: Segment = {
    blob,
    place: 'file',
    sizeBytes,
    crc32: checksum,
    footerBytes: footer.length,
    seal: description.seal,
  }
  return { segment, description }
}
