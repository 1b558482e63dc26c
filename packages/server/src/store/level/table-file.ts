import { createChecksum } from '@stowage/protocol'

import { ByteCursor, MalformedBytesError } from './byte-cursor.ts'
import { isMaskedCrc, matchesMaskedCrc } from './masked-crc.ts'
import { entryOf, type Entry } from './write-batch.ts'

const footerBytes = 48
const trailerBytes = 5
const magic = Buffer.from('57fb808b247547db', 'hex')

/** Where a block stands in its file, without its trailer. */
interface BlockHandle {
  readonly offset: number
  readonly size: number
}

interface BlockEntry {
  readonly key: Buffer
  readonly value: Buffer
}

/** A table whose footer and index are intact. Tables are written without compression. */
export class TableFile {
  readonly #bytes: Buffer
  readonly #blocks: readonly { readonly lastKey: Buffer; readonly handle: BlockHandle }[]
  readonly #metaIndex: BlockHandle

  /** @throws MalformedBytesError when the footer or the index is damaged */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
    const footer = bytes.subarray(Math.max(0, bytes.length - footerBytes))
    if (footer.length < footerBytes || !footer.subarray(-magic.length).equals(magic)) {
      throw new MalformedBytesError('a table has no footer')
    }
    const cursor = new ByteCursor(footer)
    this.#metaIndex = handleFrom(cursor)
    const index = handleFrom(cursor)
    if (endOf(index) + footerBytes !== bytes.length) {
      throw new MalformedBytesError('the index of a table is not at its end')
    }
    this.#blocks = blockEntries(this.#block(index)).map(({ key, value }) => ({
      lastKey: key,
      handle: handleFrom(new ByteCursor(value)),
    }))
    if (endOf(this.#metaIndex) !== index.offset) {
      throw new MalformedBytesError('a table has a gap before its index')
    }
  }

  /**
   * Compares every byte of the file but the padding of its footer with a checksum.
   * @throws MalformedBytesError
   */
  verify(): void {
    let position = 0
    for (const { handle } of this.#blocks) {
      if (handle.offset !== position) throw new MalformedBytesError('a table has a gap')
      this.#block(handle)
      position = endOf(handle)
    }
    const { offset } = this.#metaIndex
    if (position < offset) {
      this.#block({ offset: position, size: offset - position - trailerBytes })
    }
    this.#block(this.#metaIndex)
  }

  /** The internal keys of the first and the last entry. */
  bounds(): readonly [smallest: Buffer | undefined, largest: Buffer | undefined] {
    const [first] = this.#blocks
    const last = this.#blocks.at(-1)
    if (first === undefined || last === undefined) return [undefined, undefined]
    return [
      blockEntries(this.#block(first.handle))[0]?.key,
      blockEntries(this.#block(last.handle)).at(-1)?.key,
    ]
  }

  /** The newest change of a record in this table. */
  find(key: Buffer): Entry | undefined {
    for (const { lastKey, handle } of this.#blocks) {
      if (Buffer.compare(lastKey.subarray(0, -8), key) < 0) continue
      const entries = blockEntries(this.#block(handle)).map((entry) =>
        entryOf(entry.key, entry.value),
      )
      const found = entries.find((entry) => entry.key.equals(key))
      if (found !== undefined) return found
      // The last key of a block may be longer than its entries: then the next block may have it.
      if (Buffer.compare(entries.at(-1)?.key ?? key, key) > 0) return undefined
    }
    return undefined
  }

  /** The entries of every block that is intact. */
  *intactEntries(): Iterable<Entry> {
    for (const { handle } of this.#blocks) {
      for (const { key, value } of this.#intactBlock(handle)) yield entryOf(key, value)
    }
  }

  #intactBlock(handle: BlockHandle): readonly BlockEntry[] {
    try {
      return blockEntries(this.#block(handle))
    } catch (error) {
      if (error instanceof MalformedBytesError) return []
      throw error
    }
  }

  /** The contents of a block. @throws MalformedBytesError when its checksum is wrong */
  #block({ offset, size }: BlockHandle): Buffer {
    const contents = this.#bytes.subarray(offset, offset + size)
    const covered = this.#bytes.subarray(offset, offset + size + 1)
    const trailer = this.#bytes.subarray(offset + size, offset + size + trailerBytes)
    if (size < 0 || trailer.length < trailerBytes) {
      throw new MalformedBytesError('a block of a table is truncated')
    }
    if (trailer[0] !== 0) throw new MalformedBytesError('a block of a table is compressed')
    if (!matchesMaskedCrc(covered, trailer.readUInt32LE(1))) {
      throw new MalformedBytesError('a block of a table does not match its checksum')
    }
    return contents
  }
}

/**
 * The entries of a table whose index is damaged. Its blocks follow each other, those with the
 * entries first, and the checksum of each one shows where it ends.
 */
export function* entriesWithoutIndex(bytes: Buffer): Iterable<Entry> {
  for (let start = 0; ;) {
    const end = endOfBlock(bytes, start)
    if (end === undefined) return
    for (const { key, value } of blockEntries(bytes.subarray(start, end))) {
      yield entryOf(key, value)
    }
    start = end + trailerBytes
  }
}

/** Where the trailer of the block begins; undefined: at no place that its checksum fits. */
function endOfBlock(bytes: Buffer, start: number): number | undefined {
  const sum = createChecksum('CRC32C')
  let summed = start
  // A trailer begins with a zero: the block is not compressed.
  for (let end = bytes.indexOf(0, start); end !== -1; end = bytes.indexOf(0, end + 1)) {
    if (end + trailerBytes > bytes.length) return undefined
    sum.update(bytes.subarray(summed, end + 1))
    summed = end + 1
    if (isMaskedCrc(sum.digest(), bytes.readUInt32LE(summed))) return end
  }
  return undefined
}

function handleFrom(cursor: ByteCursor): BlockHandle {
  return { offset: cursor.varint(), size: cursor.varint() }
}

function endOf({ offset, size }: BlockHandle): number {
  return offset + size + trailerBytes
}

/** Each key stands there without the bytes that it shares with the one before it. */
function blockEntries(contents: Buffer): readonly BlockEntry[] {
  if (contents.length < 4) throw new MalformedBytesError('a block of a table is truncated')
  const restarts = contents.readUInt32LE(contents.length - 4)
  const end = contents.length - 4 * (restarts + 1)
  if (end < 0) throw new MalformedBytesError('a block of a table is truncated')
  const cursor = new ByteCursor(contents.subarray(0, end))
  const entries: BlockEntry[] = []
  let before = Buffer.alloc(0)
  while (!cursor.ended) {
    const shared = cursor.varint()
    const ownLength = cursor.varint()
    const valueLength = cursor.varint()
    const key = Buffer.concat([before.subarray(0, shared), cursor.slice(ownLength)])
    entries.push({ key, value: cursor.slice(valueLength) })
    before = key
  }
  return entries
}
