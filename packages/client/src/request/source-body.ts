import type { RequestBody } from './body.ts'
import { InvalidArgumentError } from '../errors.ts'

/** What `putObject` uploads. Text is sent as UTF-8. */
export type ObjectData =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>

/** A Blob can be read any number of times. */
export class BlobBody implements RequestBody {
  readonly lengthBytes: number
  readonly #blob: Blob
  #givenBytes = 0

  constructor(blob: Blob) {
    this.#blob = blob
    this.lengthBytes = blob.size
  }

  get unfinished(): boolean {
    return this.#givenBytes < this.lengthBytes
  }

  async *open(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#givenBytes = 0
    const stream: AsyncIterable<Uint8Array> = this.#blob.stream()
    for await (const chunk of stream) {
      this.#givenBytes += chunk.length
      yield chunk
    }
  }
}

/** What a source yields, as bytes. */
export function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk, 'utf8')
  throw new InvalidArgumentError('data', 'must yield bytes or strings')
}

/** Bytes in memory, where the data is that; no copy is made. */
export function bytesOf(data: unknown): Uint8Array | undefined {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  if (data instanceof Uint8Array) return data
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined
}
