import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeWithVectors } from '../../../../test/support/vectors.ts'
import {
  EventStreamDecoder,
  type EventStreamDecoderOptions,
} from '../../src/event-stream/decoder.ts'
import { encodeMessage } from '../../src/event-stream/encode.ts'
import {
  EventStreamError,
  type EventHeaderValue,
  type EventStreamFault,
  type EventStreamMessage,
} from '../../src/event-stream/message.ts'

const seeded = { seed: 20261123, numRuns: 200 }
const emptyMessage = Buffer.from('000000100000000005c248eb7d98c8ff', 'hex')
const nothing = new Uint8Array()

function decodeAll(
  chunks: Iterable<Uint8Array>,
  options?: EventStreamDecoderOptions,
): EventStreamMessage[] {
  const decoder = new EventStreamDecoder(options)
  const messages = [...chunks].flatMap((chunk) => decoder.push(chunk))
  decoder.end()
  return messages
}

function faultOf(action: () => unknown): EventStreamFault | undefined {
  try {
    action()
  } catch (error) {
    if (error instanceof EventStreamError) return error.reason
    throw error
  }
  return undefined
}

function plain({ headers, payload }: EventStreamMessage): unknown {
  return { headers: [...headers], payload: Buffer.from(payload).toString('hex') }
}

/** A frame whose CRCs are right, whatever its lengths say. */
function frame(totalLength: number, headersLength: number, rest: Uint8Array): Buffer {
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(totalLength, 0)
  prelude.writeUInt32BE(headersLength, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(Buffer.concat([prelude, rest])))
  return Buffer.concat([prelude, rest, checksum])
}

function frameOfHeaders(hex: string): Buffer {
  const headers = Buffer.from(hex, 'hex')
  return frame(16 + headers.length, headers.length, headers)
}

const everyType: readonly (readonly [string, EventHeaderValue])[] = [
  ['true', { type: 'boolean', value: true }],
  ['false', { type: 'boolean', value: false }],
  ['byte', { type: 'byte', value: -128 }],
  ['short', { type: 'short', value: -32_768 }],
  ['integer', { type: 'integer', value: -(2 ** 31) }],
  ['long', { type: 'long', value: -(2n ** 63n) }],
  ['binary', { type: 'binary', value: Buffer.from('0001ff', 'hex') }],
  ['string', { type: 'string', value: 'gr\u00fcn \u{1f600}' }],
  ['timestamp', { type: 'timestamp', value: new Date(8_675_309) }],
  ['uuid', { type: 'uuid', value: '01020304-0506-0708-090a-0b0c0d0e0f10' }],
]

describe('the empty message', () => {
  it('is written and read', () => {
    expect(Buffer.from(encodeMessage([], nothing)).equals(emptyMessage)).toBe(true)
    expect(decodeAll([emptyMessage]).map(plain)).toEqual([{ headers: [], payload: '' }])
  })
})

describe('every header type', () => {
  const message = encodeMessage(everyType, Buffer.from('payload'))

  it('comes back as it was', () => {
    const [decoded] = decodeAll([message])
    expect(decoded && [...decoded.headers]).toEqual(everyType)
    expect(Buffer.from(decoded?.payload ?? nothing).toString()).toBe('payload')
  })

  it('comes back from every cut into two chunks, and byte by byte', () => {
    const two = Buffer.concat([message, emptyMessage, message])
    const whole = decodeAll([two]).map(plain)
    expect(whole.length).toBe(3)
    for (let cut = 0; cut <= two.length; cut++) {
      expect(decodeAll([two.subarray(0, cut), two.subarray(cut)]).map(plain)).toEqual(whole)
    }
    expect(decodeAll(Array.from(two, (byte) => Buffer.of(byte))).map(plain)).toEqual(whole)
  })

  it('is refused with any bit flipped', () => {
    for (let bit = 0; bit < message.length * 8; bit++) {
      const damaged = Buffer.from(message)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(faultOf(() => decodeAll([damaged]))).toBeDefined()
    }
  })

  it('is noticed to be cut short at every place', () => {
    for (let cut = 1; cut < message.length; cut++) {
      const decoder = new EventStreamDecoder()
      expect(decoder.push(message.subarray(0, cut))).toEqual([])
      expect(faultOf(() => decoder.end())).toBe('truncated')
    }
  })
})

it('does not copy a payload that comes in one piece', () => {
  const message = encodeMessage([], Buffer.from('payload'))
  const [decoded] = new EventStreamDecoder().push(message)
  expect(decoded?.payload.buffer).toBe(message.buffer)
})

it('keeps a payload that was gathered apart from the chunks', () => {
  const message = Buffer.from(encodeMessage([], Buffer.from('payload')))
  const decoder = new EventStreamDecoder()
  decoder.push(message.subarray(0, 15))
  const [decoded] = decoder.push(message.subarray(15))
  message.fill(0)
  expect(Buffer.from(decoded?.payload ?? nothing).toString()).toBe('payload')
})

it('delivers what came before a bad message, however the stream is cut', () => {
  const good = encodeMessage([['a', 'b']], Buffer.from('x'))
  const bad = Buffer.from(good)
  bad[20] = (bad[20] ?? 0) ^ 1
  const stream = Buffer.concat([good, good, bad])
  for (let cut = 0; cut <= stream.length; cut++) {
    const decoder = new EventStreamDecoder()
    let delivered = 0
    const fault = faultOf(() => {
      delivered += decoder.push(stream.subarray(0, cut)).length
      delivered += decoder.push(stream.subarray(cut)).length
      decoder.end()
    })
    expect(delivered).toBe(2)
    expect(fault).toBe('message-checksum')
    expect(faultOf(() => decoder.push(good))).toBe('message-checksum')
    expect(faultOf(() => decoder.end())).toBe('message-checksum')
  }
})

describe('lengths', () => {
  it.each([0, 1, 12, 15])('refuses a message of %i bytes', (length) => {
    expect(faultOf(() => decodeAll([frame(length, 0, nothing)]))).toBe('length')
  })

  it('refuses headers longer than their message', () => {
    expect(faultOf(() => decodeAll([frame(20, 5, Buffer.alloc(4))]))).toBe('length')
  })

  it('keeps to the limit of the headers', () => {
    const limit = 128 * 1024
    const prelude = frame(limit + 17, limit + 1, nothing).subarray(0, 12)
    expect(faultOf(() => decodeAll([prelude]))).toBe('headers-too-large')
    const atLimit = frame(limit + 16, limit, nothing).subarray(0, 12)
    expect(faultOf(() => decodeAll([atLimit]))).toBe('truncated')
  })

  it('keeps to the limit of the message, which can be chosen', () => {
    const limit = 16 * 1024 * 1024
    const over = frame(limit + 1, 0, nothing).subarray(0, 12)
    const atLimit = frame(limit, 0, nothing).subarray(0, 12)
    expect(faultOf(() => decodeAll([over]))).toBe('message-too-large')
    expect(faultOf(() => decodeAll([over], { maxMessageBytes: limit + 1 }))).toBe('truncated')
    expect(faultOf(() => decodeAll([atLimit]))).toBe('truncated')
    expect(faultOf(() => decodeAll([emptyMessage], { maxMessageBytes: 15 }))).toBe(
      'message-too-large',
    )
  })
})

describe('bad headers with good checksums', () => {
  it.each([
    ['no name', '0000', 'header'],
    ['a name beyond the end', '0561', 'header'],
    ['no type', '0161', 'header'],
    ['type 10', '01610a', 'header'],
    ['a value beyond the end', '01610700056162', 'header'],
    ['half a length', '01610700', 'header'],
    ['an integer cut short', '016104000000', 'header'],
    ['a name that is not UTF-8', '01ff00', 'header'],
    ['a value that is not UTF-8', '0161070001ff', 'header'],
    ['a time beyond the calendar', '0161087fffffffffffffff', 'header'],
    ['a name twice', '016100016101', 'duplicate-header'],
  ] as const)('refuses %s', (_, hex, fault) => {
    expect(faultOf(() => decodeAll([frameOfHeaders(hex)]))).toBe(fault)
  })

  it('takes __proto__ as a name', () => {
    const [message] = decodeAll([encodeMessage([['__proto__', 'x']], nothing)])
    expect(message?.headers.get('__proto__')).toEqual({ type: 'string', value: 'x' })
  })
})

describe('encodeMessage', () => {
  it.each([
    ['an empty name', ['', 'x']],
    ['a long name', ['n'.repeat(256), 'x']],
    ['a long string', ['a', 'x'.repeat(32_768)]],
    ['long bytes', ['a', { type: 'binary', value: Buffer.alloc(32_768) }]],
    ['a byte of 128', ['a', { type: 'byte', value: 128 }]],
    ['a short below its range', ['a', { type: 'short', value: -32_769 }]],
    ['an integer of 2^31', ['a', { type: 'integer', value: 2 ** 31 }]],
    ['a fraction', ['a', { type: 'integer', value: 0.5 }]],
    ['a long of 2^63', ['a', { type: 'long', value: 2n ** 63n }]],
    ['an invalid Date', ['a', { type: 'timestamp', value: new Date(Number.NaN) }]],
    ['what is no UUID', ['a', { type: 'uuid', value: 'x' }]],
  ] as const)('refuses %s', (_, header) => {
    expect(faultOf(() => encodeMessage([header], nothing))).toBe('header')
  })

  it('refuses a name twice and headers beyond 128 KiB', () => {
    const twice = [
      ['a', 'x'],
      ['a', 'y'],
    ] as const
    const large = ['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'x'.repeat(32_767)] as const)
    expect(faultOf(() => encodeMessage(twice, nothing))).toBe('duplicate-header')
    expect(faultOf(() => encodeMessage(large, nothing))).toBe('headers-too-large')
  })

  it('is undone by the decoder, whatever the chunks', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
    const headers = fc.uniqueArray(fc.tuple(text, text), {
      maxLength: 4,
      selector: ([name]) => name,
    })
    const message = fc.tuple(headers, fc.uint8Array({ maxLength: 100 }))
    const chunkSizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), chunkSizes, (messages, sizes) => {
        const stream = Buffer.concat(messages.map(([head, body]) => encodeMessage(head, body)))
        const expected = messages.map(([head, body]) => ({
          headers: head.map(([name, value]) => [name, { type: 'string', value }]),
          payload: Buffer.from(body).toString('hex'),
        }))
        expect(decodeAll(chunksOf(stream, sizes)).map(plain)).toEqual(expected)
      }),
      seeded,
    )
  })
})

function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(start, start + size)
    start += size
  }
}

interface BotocoreVectors {
  readonly positive: readonly {
    readonly name: string
    readonly encoded_hex: string
    readonly total_length: number
    readonly headers_length: number
    readonly prelude_crc: number
    readonly message_crc: number
    readonly headers: Readonly<Record<string, string | number | boolean | { base64: string }>>
    readonly payload_hex: string
  }[]
  readonly negative: readonly {
    readonly name: string
    readonly error: string
    readonly encoded_hex?: string
  }[]
}

/** The value in the notation of the vectors, which do not tell integer types apart. */
function loose({ type, value }: EventHeaderValue): unknown {
  if (type === 'long') return Number(value)
  if (type === 'timestamp') return value.getTime()
  if (type === 'binary') return { base64: Buffer.from(value).toString('base64') }
  if (type !== 'uuid') return value
  return { base64: Buffer.from(value.replaceAll('-', ''), 'hex').toString('base64') }
}

const faultsOfBotocore: Readonly<Record<string, EventStreamFault>> = {
  corrupted_length: 'prelude-checksum',
  corrupted_payload: 'message-checksum',
  corrupted_headers: 'message-checksum',
  corrupted_header_length: 'prelude-checksum',
  duplicate_header: 'duplicate-header',
  invalid_headers_length: 'headers-too-large',
}

describeWithVectors<BotocoreVectors>('botocore', 'eventstream/botocore.json', (vectors) => {
  it.each(vectors.positive)('reads $name, whole and at every cut', (one) => {
    const bytes = Buffer.from(one.encoded_hex, 'hex')
    expect(bytes.length).toBe(one.total_length)
    expect(crc32(bytes.subarray(0, 8))).toBe(one.prelude_crc)
    expect(crc32(bytes.subarray(0, -4))).toBe(one.message_crc)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const [message, ...more] = decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)])
      const headers = [...(message?.headers ?? [])].map(([name, value]) => [name, loose(value)])
      expect(Object.fromEntries(headers)).toEqual(one.headers)
      expect(Buffer.from(message?.payload ?? nothing).toString('hex')).toBe(one.payload_hex)
      expect(more).toEqual([])
    }
  })

  it.each(vectors.positive)('writes $name again, byte for byte', (one) => {
    const bytes = Buffer.from(one.encoded_hex, 'hex')
    const [message] = decodeAll([bytes])
    const encoded = Buffer.from(encodeMessage(message?.headers ?? [], message?.payload ?? nothing))
    expect(encoded.toString('hex')).toBe(one.encoded_hex)
    expect(encoded.readUInt32BE(0)).toBe(one.total_length)
    expect(encoded.readUInt32BE(4)).toBe(one.headers_length)
    expect(encoded.readUInt32BE(8)).toBe(one.prelude_crc)
    expect(encoded.readUInt32BE(encoded.length - 4)).toBe(one.message_crc)
  })

  it.each(vectors.positive)('refuses $name with any bit flipped', (one) => {
    const bytes = Buffer.from(one.encoded_hex, 'hex')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(faultOf(() => decodeAll([damaged]))).toBeDefined()
    }
  })

  it.each(vectors.negative.filter((one) => one.encoded_hex !== undefined))(
    'refuses $name',
    (one) => {
      const bytes = Buffer.from(one.encoded_hex ?? '', 'hex')
      expect(faultOf(() => decodeAll([bytes]))).toBe(faultsOfBotocore[one.name])
    },
  )

  // The message of the vector is 16 bytes shorter than it announces.
  it('refuses more than 24 MiB, unless the limit is raised', () => {
    const maxMessageBytes = 32 * 1024 * 1024
    const payload = Buffer.alloc(25_165_825, 0x30)
    const bytes = Buffer.concat([
      Buffer.from('0180002100000000dd3f33b1', 'hex'),
      payload,
      Buffer.from('2ab4c5a5', 'hex'),
    ])
    expect(faultOf(() => decodeAll([bytes]))).toBe('message-too-large')
    expect(faultOf(() => decodeAll([bytes], { maxMessageBytes }))).toBe('truncated')
    const [message] = decodeAll([encodeMessage([], payload)], { maxMessageBytes })
    expect(message?.payload.length).toBe(payload.length)
  })
})

interface SmithyVectors {
  readonly positive: readonly {
    readonly name: string
    readonly encoded_hex: string
    readonly headers: Readonly<Record<string, readonly [type: string, value: unknown]>>
    readonly payload: string
  }[]
  readonly negative: readonly { readonly name: string; readonly encoded_hex: string }[]
}

function smithyForm({ type, value }: EventHeaderValue): [type: string, value: unknown] {
  if (type === 'long') return ['long', Number(value)]
  if (type === 'timestamp') return ['timestamp_ms', value.getTime()]
  if (type === 'binary') return ['binary', Buffer.from(value).toString()]
  return [type, value]
}

describeWithVectors<SmithyVectors>('smithy', 'eventstream/smithy.json', (vectors) => {
  it.each(vectors.positive)('reads and writes $name', (one) => {
    const bytes = Buffer.from(one.encoded_hex, 'hex')
    const [message] = decodeAll([bytes])
    const headers = [...(message?.headers ?? [])].map(([name, value]) => [name, smithyForm(value)])
    expect(Object.fromEntries(headers)).toEqual(one.headers)
    expect(Buffer.from(message?.payload ?? nothing).toString()).toBe(one.payload)
    const encoded = encodeMessage(message?.headers ?? [], message?.payload ?? nothing)
    expect(Buffer.from(encoded).toString('hex')).toBe(one.encoded_hex)
  })

  it.each(vectors.negative)('refuses $name', (one) => {
    const bytes = Buffer.from(one.encoded_hex, 'hex')
    expect(faultOf(() => decodeAll([bytes]))).toMatch(/-checksum$/)
  })
})
