import { Buffer, isUtf8 } from 'node:buffer'

import { S3Failure } from '../../failure.ts'

/** What smaller chunks are put together to: each piece of text costs a copy of an open record. */
const leastBytes = 32 * 1024
/**
 * What larger chunks are cut into. V8 keeps what is larger than 128 KiB apart, and frees it only
 * when it looks at its whole memory: queries were seen to leave 60 MB of used text lying. A piece
 * with the rest of a record before it stays below that, also with two bytes for each character.
 */
const mostBytes = 48 * 1024

const byteOrderMark = '\ufeff'

/**
 * Turns bytes into text, whatever the sizes of the chunks, without the byte order mark.
 * @throws S3Failure InvalidTextEncoding for what is not UTF-8
 */
export async function* textChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new Utf8Decoder()
  let isFirst = true
  for await (const bytes of evenChunks(source)) {
    let text = decoder.decode(bytes)
    if (isFirst && text.startsWith(byteOrderMark)) text = text.slice(1)
    isFirst &&= text === ''
    if (text !== '') yield text
  }
  decoder.end()
}

async function* evenChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  for await (const chunk of source) {
    pending.push(chunk)
    pendingBytes += chunk.length
    if (pendingBytes < leastBytes) continue
    const bytes = joined(pending)
    pending = []
    pendingBytes = 0
    for (let at = 0; at < bytes.length; at += mostBytes) yield bytes.subarray(at, at + mostBytes)
  }
  if (pendingBytes > 0) yield joined(pending)
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)
}

/**
 * Strict like a fatal `TextDecoder`, but several times as fast: validity is checked by
 * `buffer.isUtf8`, and ASCII becomes text with one byte per character.
 */
export class Utf8Decoder {
  /** The beginning of a character that ends in the next chunk. */
  #rest: Uint8Array | undefined

  decode(chunk: Uint8Array): string {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    const end = completeLength(bytes)
    this.#rest = end === bytes.length ? undefined : bytes.slice(end)
    const complete = bytes.subarray(0, end)
    if (!isUtf8(complete)) throw new S3Failure('InvalidTextEncoding')
    return Buffer.from(complete.buffer, complete.byteOffset, complete.length).toString('utf8')
  }

  end(): void {
    if (this.#rest !== undefined) throw new S3Failure('InvalidTextEncoding')
  }
}

/** How many bytes remain when a character that is cut off at the end is left out. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return bytes.length
    if (byte >= 0xc0) {
      const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return width > back ? bytes.length - back : bytes.length
    }
  }
  return bytes.length
}
