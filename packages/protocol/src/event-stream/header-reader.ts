import { Buffer } from 'node:buffer'
import { utf8TextOf } from '../encoding/utf8.ts'
import { EventStreamError } from './message.ts'
import type { EventHeaderValue } from './message.ts'

/** Reads all headers of a message; `bytes` holds them and nothing else. */
export function readHeaders(bytes: Uint8Array): Map<string, EventHeaderValue> {
  const cursor = new HeaderCursor(bytes)
  const headers = new Map<string, EventHeaderValue>()
  while (!cursor.atEnd) {
    const name = cursor.text(cursor.unsigned(1))
    if (name === '') throw new EventStreamError('header', 'A header has no name')
    if (headers.has(name)) {
      throw new EventStreamError('duplicate-header', `The header ${name} comes twice`)
    }
    headers.set(name, readValue(cursor))
  }
  return headers
}

type ValueReader = (cursor: HeaderCursor) => EventHeaderValue

/** The place in the table is the number of the type on the wire. */
const readers: readonly ValueReader[] = [
  () => ({ type: 'boolean', value: true }),
  () => ({ type: 'boolean', value: false }),
  (cursor) => ({ type: 'byte', value: cursor.signed(1) }),
  (cursor) => ({ type: 'short', value: cursor.signed(2) }),
  (cursor) => ({ type: 'integer', value: cursor.signed(4) }),
  (cursor) => ({ type: 'long', value: cursor.long() }),
  (cursor) => ({ type: 'binary', value: cursor.bytes(cursor.unsigned(2)) }),
  (cursor) => ({ type: 'string', value: cursor.text(cursor.unsigned(2)) }),
  (cursor) => ({ type: 'timestamp', value: dateOf(cursor.long()) }),
  (cursor) => ({ type: 'uuid', value: uuidOf(cursor.bytes(16)) }),
]

function readValue(cursor: HeaderCursor): EventHeaderValue {
  const type = cursor.unsigned(1)
  const reader = readers[type]
  if (reader === undefined) throw new EventStreamError('header', `No header has type ${type}`)
  return reader(cursor)
}

/** Refuses what `Date` cannot hold: an invalid Date would break far from here. */
function dateOf(milliseconds: bigint): Date {
  const date = new Date(Number(milliseconds))
  if (Number.isNaN(date.getTime())) {
    throw new EventStreamError('header', 'A header has a time beyond every calendar')
  }
  return date
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

/** Reads values one after the other and never beyond the headers. */
class HeaderCursor {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#position === this.#bytes.length
  }

  unsigned(count: number): number {
    return this.#bytes.readUIntBE(this.#take(count), count)
  }

  signed(count: number): number {
    return this.#bytes.readIntBE(this.#take(count), count)
  }

  long(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8))
  }

  bytes(count: number): Uint8Array {
    const start = this.#take(count)
    return this.#bytes.subarray(start, start + count)
  }

  text(count: number): string {
    const text = utf8TextOf(this.bytes(count))
    if (text === undefined) throw new EventStreamError('header', 'A header is not UTF-8')
    return text
  }

  #take(count: number): number {
    const start = this.#position
    if (start + count > this.#bytes.length) {
      throw new EventStreamError('header', 'A header ends beyond the headers')
    }
    this.#position = start + count
    return start
  }
}
