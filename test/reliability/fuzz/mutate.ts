import { randomFrom } from '../../support/random.ts'

/** Bytes that mean something to many parsers. */
const commonTokens: readonly string[] = [
  ...[
    '\0',
    '\r\n',
    '\n',
    '"',
    "'",
    '\\',
    '%',
    '%00',
    '%zz',
    '+',
    '&',
    '=',
    ';',
    ',',
    '/',
    '..',
    ' ',
  ],
  ...[
    '<',
    '>',
    '</',
    '/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&#0;',
    '&#xD800;',
    '<!DOCTYPE',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    'null',
    'true',
    '-1',
    '0',
    '1e999',
    '9007199254740993',
    '4294967295',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'é',
    '😀',
    '\ud800',
    '\ufeff',
    '\u2028',
    '*',
    '?',
    '${',
  ],
]

/** Changes inputs; the same seed makes the same ones. */
export class Mutator {
  readonly random: () => number
  readonly #seeds: readonly Buffer[]
  readonly #tokens: readonly Buffer[]
  readonly #maxBytes: number

  constructor(seed: number, seeds: readonly Buffer[], options: MutatorOptions) {
    this.random = randomFrom(seed)
    this.#seeds = seeds
    this.#tokens = [...commonTokens, ...options.tokens].map((token) => Buffer.from(token))
    this.#maxBytes = options.maxBytes
  }

  /** One of the seeds, changed up to eight times. */
  next(): Buffer {
    let bytes = this.#pick(this.#seeds)
    const changes = 1 + Math.floor(this.random() ** 3 * 8)
    for (let change = 0; change < changes; change++) bytes = this.#pick(this.#changes)(bytes)
    return bytes.length > this.#maxBytes ? bytes.subarray(0, this.#maxBytes) : bytes
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[this.#below(items.length)]
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }

  #below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  readonly #changes: readonly ((bytes: Buffer) => Buffer)[] = [
    (bytes) => this.#set(bytes, (byte) => byte ^ (1 << this.#below(8))),
    (bytes) => this.#set(bytes, () => this.#below(256)),
    (bytes) => this.#set(bytes, (byte) => byte + this.#pick([-1, 1, 16, -16])),
    (bytes) => this.#splice(bytes, 0, this.#pick(this.#tokens)),
    (bytes) => this.#splice(bytes, this.#below(8), this.#pick(this.#tokens)),
    // A stretch is removed, doubled, moved, or comes from another seed.
    (bytes) => this.#splice(bytes, this.#below(1 + bytes.length / 4), Buffer.alloc(0)),
    (bytes) => this.#splice(bytes, 0, this.#stretch(bytes)),
    (bytes) => this.#splice(bytes, this.#below(16), this.#stretch(this.#pick(this.#seeds))),
    (bytes) =>
      this.#splice(
        bytes,
        0,
        Buffer.concat(Array(1 + this.#below(64)).fill(this.#pick(this.#tokens))),
      ),
    (bytes) => bytes.subarray(0, this.#below(bytes.length + 1)),
    (bytes) => Buffer.concat([bytes, bytes]),
    (bytes) => this.#number(bytes),
    (bytes) => this.#length(bytes),
  ]

  #set(bytes: Buffer, change: (byte: number) => number): Buffer {
    const copy = Buffer.from(bytes)
    const at = this.#below(copy.length)
    if (copy.length > 0) copy[at] = change(copy[at] ?? 0) & 0xff
    return copy
  }

  #splice(bytes: Buffer, removed: number, inserted: Uint8Array): Buffer {
    const at = this.#below(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])
  }

  #stretch(bytes: Buffer): Buffer {
    const at = this.#below(bytes.length)
    return bytes.subarray(at, at + 1 + this.#below(32))
  }

  /** Puts another number in the place of one in digits. */
  #number(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1')
    const found = [...text.matchAll(/\d+/g)]
    if (found.length === 0) return bytes
    const { 0: digits, index } = this.#pick(found)
    const number = this.#pick([
      '0',
      '-1',
      '1',
      '00',
      '255',
      '65536',
      '2147483648',
      '1'.repeat(40),
      digits + '0',
    ])
    return Buffer.from(text.slice(0, index) + number + text.slice(index + digits.length), 'latin1')
  }

  /** Overwrites four bytes with a number that a length field may hold. */
  #length(bytes: Buffer): Buffer {
    if (bytes.length < 4) return bytes
    const copy = Buffer.from(bytes)
    const value = this.#pick([
      0,
      1,
      15,
      16,
      0x7fff_ffff,
      0xffff_ffff,
      bytes.length,
      bytes.length - 1,
    ])
    const at = this.#below(bytes.length - 3)
    if (this.random() < 0.5) copy.writeUInt32BE(value, at)
    else copy.writeUInt32LE(value, at)
    return copy
  }
}

export interface MutatorOptions {
  readonly tokens: readonly string[]
  readonly maxBytes: number
}
