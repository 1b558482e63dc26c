import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { PartCheck } from './download-check.ts'
import { readStretch } from './file-stretch.ts'

/** What a download is of; another one cannot go on with its file. */
export interface DownloadIdentity {
  readonly bucket: string
  readonly object: string
  readonly etag: string
  readonly versionId: string | undefined
  readonly sizeBytes: number
  readonly partBytes: number
}

const slotBytes = 8
const doneMark = 0x5354_4f57
const tailBytes = 16
const tailMark = 'stowage1'
/** Nobody's header is larger: keys have at most 1024 bytes. */
const maxHeaderBytes = 64 * 1024

/**
 * What a partial file knows of itself, kept behind the place of the object's bytes:
 * a slot for each part (a mark and the CRC-32 of its bytes, 0 while it is missing), then a
 * JSON header, its length, its CRC-32 and a mark. Cutting the file to the object's size
 * removes it. The CRCs are compared on resuming, so a disk that lost the bytes of a part but
 * kept its slot does no harm.
 */
export class DownloadRecord {
  readonly #file: FileHandle
  readonly #identity: DownloadIdentity

  constructor(file: FileHandle, identity: DownloadIdentity) {
    this.#file = file
    this.#identity = identity
  }

  /** Writes the record of a download that has nothing yet. */
  async begin(): Promise<void> {
    const { sizeBytes, partBytes } = this.#identity
    const slots = Math.ceil(sizeBytes / partBytes) * slotBytes
    const header = Buffer.from(JSON.stringify(this.#identity))
    const tail = Buffer.alloc(tailBytes)
    tail.writeUInt32LE(header.length, 0)
    tail.writeUInt32LE(crc32(header), 4)
    tail.write(tailMark, 8, 'latin1')
    await this.#file.writev([Buffer.alloc(slots), header, tail], sizeBytes)
  }

  /** Notes that a part is there. */
  async finished(index: number, crc: number): Promise<void> {
    const slot = Buffer.alloc(slotBytes)
    slot.writeUInt32LE(doneMark, 0)
    slot.writeUInt32LE(crc, 4)
    await this.#file.write(slot, 0, slotBytes, this.#identity.sizeBytes + index * slotBytes)
  }

  /**
   * The parts whose bytes are there and are what was received.
   *
   * @param checkOf - begins the check of a part, which sees its bytes
   */
  async verifiedParts(
    checkOf: (index: number) => PartCheck,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlySet<number>> {
    const { sizeBytes, partBytes } = this.#identity
    const count = Math.ceil(sizeBytes / partBytes)
    const slots = Buffer.alloc(count * slotBytes)
    await this.#file.read(slots, 0, slots.length, sizeBytes)
    const parts = new Set<number>()
    for (let index = 0; index < count; index++) {
      if (slots.readUInt32LE(index * slotBytes) !== doneMark) continue
      const crc = slots.readUInt32LE(index * slotBytes + 4)
      const length = Math.min(partBytes, sizeBytes - index * partBytes)
      const part = checkOf(index)
      if ((await this.#crcOf(index * partBytes, length, signal, part)) !== crc) continue
      part.end(length)
      parts.add(index)
    }
    return parts
  }

  /** Of a stretch of the file; undefined when it ends before. */
  async #crcOf(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
    part: PartCheck,
  ): Promise<number | undefined> {
    let crc = 0
    const isThere = await readStretch(this.#file, offset, length, signal, (chunk) => {
      crc = crc32(chunk, crc)
      part.update(chunk)
    })
    return isThere ? crc : undefined
  }
}

/** What a partial file says of itself; undefined when it says nothing sensible. */
export async function readRecordHeader(file: FileHandle): Promise<DownloadIdentity | undefined> {
  const { size } = await file.stat()
  if (size < tailBytes) return undefined
  const tail = Buffer.alloc(tailBytes)
  await file.read(tail, 0, tailBytes, size - tailBytes)
  const headerBytes = tail.readUInt32LE(0)
  if (tail.toString('latin1', 8) !== tailMark || headerBytes > maxHeaderBytes) return undefined
  const header = Buffer.alloc(headerBytes)
  await file.read(header, 0, headerBytes, size - tailBytes - headerBytes)
  if (crc32(header) !== tail.readUInt32LE(4)) return undefined
  // Bytes that pass the checksum were written by `begin`.
  return JSON.parse(header.toString()) as DownloadIdentity
}
