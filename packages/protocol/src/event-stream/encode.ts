import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { EventStreamError, maxHeadersBytes, minMessageBytes, preludeBytes } from './message.ts'
import type { EventHeaderValue } from './message.ts'

const maxNameBytes = 255
/** The length has 16 bits; the format stops one bit earlier. */
const maxValueBytes = 32_767
const maxMessageBytes = 2 ** 32 - 1

/**
 * Writes one message of an event stream.
 *
 * @param headers names and values; a plain string stands for a header of type string
 * @throws EventStreamError for a name that comes twice, and for names, values or headers that are
 *   too long or out of the range of their type
 * @example
 * encodeMessage([[':message-type', 'event'], [':event-type', 'End']], new Uint8Array())
 */
export function encodeMessage(
  headers: Iterable<readonly [name: string, value: EventHeaderValue | string]>,
  payload: Uint8Array,
): Uint8Array {
  const headerParts = encodeHeaders(headers)
  const headersLength = headerParts.reduce((sum, part) => sum + part.length, 0)
  const totalLength = minMessageBytes + headersLength + payload.length
  if (headersLength > maxHeadersBytes) {
    throw new EventStreamError('headers-too-large', `Headers of ${headersLength} bytes`)
  }
  if (totalLength > maxMessageBytes) {
    throw new EventStreamError('message-too-large', `A message of ${totalLength} bytes`)
  }
  const message = Buffer.allocUnsafe(totalLength)
  message.writeUInt32BE(totalLength, 0)
  message.writeUInt32BE(headersLength, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  let position = preludeBytes
  for (const part of headerParts) {
    message.set(part, position)
    position += part.length
  }
  message.set(payload, position)
  message.writeUInt32BE(crc32(message.subarray(0, totalLength - 4)), totalLength - 4)
  return message
}

function encodeHeaders(
  headers: Iterable<readonly [name: string, value: EventHeaderValue | string]>,
): Uint8Array[] {
  const seen = new Set<string>()
  const parts: Uint8Array[] = []
  for (const [name, value] of headers) {
    const nameBytes = Buffer.from(name, 'utf8')
    if (nameBytes.length === 0 || nameBytes.length > maxNameBytes) {
      throw new EventStreamError('header', `A header name of ${nameBytes.length} bytes`)
    }
    if (seen.has(name)) {
      throw new EventStreamError('duplicate-header', `The header ${name} comes twice`)
    }
    seen.add(name)
    const typed = typeof value === 'string' ? ({ type: 'string', value } as const) : value
    parts.push(Buffer.of(nameBytes.length), nameBytes, encodeValue(typed))
  }
  return parts
}

/** Type number and value. */
function encodeValue(header: EventHeaderValue): Uint8Array {
  switch (header.type) {
    case 'boolean':
      return Buffer.of(header.value ? 0 : 1)
    case 'byte':
      return integer(2, 1, header.value)
    case 'short':
      return integer(3, 2, header.value)
    case 'integer':
      return integer(4, 4, header.value)
    case 'long':
      return long(5, header.value)
    case 'binary':
      return sized(6, header.value)
    case 'string':
      return sized(7, Buffer.from(header.value, 'utf8'))
    case 'timestamp':
      return timestamp(header.value)
    case 'uuid':
    default:
      return uuid(header.value)
  }
}

function integer(type: number, size: number, value: number): Uint8Array {
  const limit = 2 ** (8 * size - 1)
  if (!Number.isInteger(value) || value < -limit || value >= limit) {
    throw new EventStreamError('header', `${value} is no integer of ${size} bytes`)
  }
  const bytes = Buffer.alloc(1 + size)
  bytes.writeUInt8(type)
  bytes.writeIntBE(value, 1, size)
  return bytes
}

function long(type: number, value: bigint): Uint8Array {
  if (BigInt.asIntN(64, value) !== value) {
    throw new EventStreamError('header', `${value} is no integer of 8 bytes`)
  }
  const bytes = Buffer.alloc(9)
  bytes.writeUInt8(type)
  bytes.writeBigInt64BE(value, 1)
  return bytes
}

function sized(type: number, value: Uint8Array): Uint8Array {
  if (value.length > maxValueBytes) {
    throw new EventStreamError('header', `A header value of ${value.length} bytes`)
  }
  const start = Buffer.alloc(3)
  start.writeUInt8(type)
  start.writeUInt16BE(value.length, 1)
  return Buffer.concat([start, value])
}

function timestamp(value: Date): Uint8Array {
  const milliseconds = value.getTime()
  if (Number.isNaN(milliseconds)) throw new EventStreamError('header', 'An invalid Date')
  return long(8, BigInt(milliseconds))
}

function uuid(value: string): Uint8Array {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) {
    throw new EventStreamError('header', `${JSON.stringify(value)} is no UUID`)
  }
  return Buffer.from(`09${value.replaceAll('-', '')}`, 'hex')
}
