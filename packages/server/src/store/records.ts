import { crc32 } from 'node:zlib'

/**
 * A record on disk is a CRC-32 over its own name and its JSON, then the JSON. The name is covered
 * so that a record that turns up under another name is refused as well as one with a flipped bit.
 */
const checksumBytes = 4

export class DamagedRecordError extends Error {
  override readonly name = 'DamagedRecordError'
}

export function encodeRecord(name: string, value: object): Buffer {
  const json = JSON.stringify(value)
  const record = Buffer.allocUnsafe(checksumBytes + Buffer.byteLength(json))
  record.write(json, checksumBytes, 'utf8')
  record.writeUInt32LE(crc32(record.subarray(checksumBytes), crc32(name)), 0)
  return record
}

/**
 * @throws DamagedRecordError when the bytes are not what `encodeRecord` wrote under this name. The
 *   shape is not looked at again: bytes that pass the checksum were written by this module.
 */
export function decodeRecord<T extends object>(name: string, record: Buffer): T {
  const json = record.subarray(Math.min(checksumBytes, record.length))
  if (record.length <= checksumBytes || crc32(json, crc32(name)) !== record.readUInt32LE(0)) {
    throw new DamagedRecordError('a record of the store does not match its checksum')
  }
  const value: T = JSON.parse(json.toString('utf8'))
  return value
}
