/** Bytes that are not what LevelDB writes. */
export class MalformedBytesError extends Error {
  override readonly name = 'MalformedBytesError'
}

/** Reads LevelDB's numbers and texts one after the other. Reading past the end throws. */
export class ByteCursor {
  readonly bytes: Buffer
  offset: number

  constructor(bytes: Buffer, offset = 0) {
    this.bytes = bytes
    this.offset = offset
  }

  get ended(): boolean {
    return this.offset >= this.bytes.length
  }

  /** @throws MalformedBytesError */
  byte(): number {
    const byte = this.bytes[this.offset]
    if (byte === undefined) throw new MalformedBytesError('a value is truncated')
    this.offset += 1
    return byte
  }

  /**
   * An integer in groups of seven bits, least significant first.
   * @throws MalformedBytesError when it is truncated or above 2^53 - 1
   */
  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (value > Number.MAX_SAFE_INTEGER) throw new MalformedBytesError('a number is too large')
      if (byte < 0x80) return value
    }
  }

  /** @throws MalformedBytesError */
  slice(length: number): Buffer {
    const end = this.offset + length
    if (end > this.bytes.length) throw new MalformedBytesError('a value is truncated')
    const part = this.bytes.subarray(this.offset, end)
    this.offset = end
    return part
  }

  /** Bytes that come after their length. */
  lengthPrefixed(): Buffer {
    return this.slice(this.varint())
  }
}
