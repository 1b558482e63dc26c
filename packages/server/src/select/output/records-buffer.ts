import { Buffer } from 'node:buffer'

import { S3Failure } from '../../failure.ts'
import { maxRecordBytes } from '../values/text.ts'
import { recordsMessage } from './messages.ts'

/**
 * Payload of a Records message at most: with its headers, a message then stays below 128 KiB, which
 * is what the AWS SDK for Java has room for (noted in MinIO's s3select).
 */
export const maxPayloadBytes: number = 127 * 1024

/** Gathers records until a message is worth sending. */
export class RecordsBuffer {
  #text = ''
  #returnedBytes = 0

  /** Bytes of records handed out so far. */
  get returnedBytes(): number {
    return this.#returnedBytes
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  get isFull(): boolean {
    return this.#text.length >= maxPayloadBytes
  }

  /** @throws S3Failure OverMaxRecordSize */
  add(record: string): void {
    if (record.length > maxRecordBytes / 3 && Buffer.byteLength(record) > maxRecordBytes) {
      throw new S3Failure('OverMaxRecordSize')
    }
    this.#text += record
  }

  /** The messages for what has been gathered. */
  *take(): Generator<Uint8Array> {
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    this.#returnedBytes += bytes.length
    for (let at = 0; at < bytes.length;) {
      const end = endOfPayload(bytes, at)
      yield recordsMessage(bytes.subarray(at, end))
      at = end
    }
  }
}

/** Cuts between characters, for receivers that decode each payload on its own. */
function endOfPayload(bytes: Uint8Array, from: number): number {
  let end = from + maxPayloadBytes
  if (end >= bytes.length) return bytes.length
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return end
}
