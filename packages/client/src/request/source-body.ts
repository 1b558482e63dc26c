import { BytesBody, type RequestBody } from './body.ts'
import { checkInteger } from '../checks.ts'
import { IntegrityError, InvalidArgumentError } from '../errors.ts'
import { sourceOf, type Source } from './source.ts'

/** What `putObject` uploads. Text is sent as UTF-8. */
export type ObjectData =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>

const maxSinglePutBytes = 5 * 1024 ** 3

/** A Blob can be read any number of times. */
class BlobBody implements RequestBody {
  readonly replayable = true
  readonly lengthBytes: number
  readonly #blob: Blob

  constructor(blob: Blob) {
    this.#blob = blob
    this.lengthBytes = blob.size
  }

  open(): AsyncIterable<Uint8Array> {
    return this.#blob.stream()
  }
}

/** A source that can be read once; its length is what the caller says, and is checked. */
class SourceBody implements RequestBody {
  readonly replayable = false
  readonly lengthBytes: number
  readonly #source: Source
  #readBytes = 0
  #failure: { readonly error: unknown } | undefined

  constructor(source: Source, lengthBytes: number) {
    this.#source = source
    this.lengthBytes = lengthBytes
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  get unfinished(): boolean {
    return this.#readBytes < this.lengthBytes
  }

  async *open(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#checked()
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  /** The last bytes are held back until the source has ended, so that nothing wrong is stored. */
  async *#checked(): AsyncGenerator<Uint8Array> {
    let last: Uint8Array | undefined
    for (;;) {
      const { done, value } = await this.#source.next()
      if (done === true) break
      const bytes = asBytes(value)
      if (bytes.length === 0) continue
      this.#readBytes += bytes.length
      // More than announced would be taken for the next request on the connection.
      if (this.#readBytes > this.lengthBytes) throw wrongLength(this.lengthBytes, 'more')
      if (this.#readBytes === this.lengthBytes) last = bytes
      else yield bytes
    }
    if (this.unfinished) throw wrongLength(this.lengthBytes, 'fewer')
    if (last) yield last
  }

  release(): void {
    this.#source.stop()
  }
}

function wrongLength(lengthBytes: number, relation: 'more' | 'fewer'): IntegrityError {
  return new IntegrityError(`the source gave ${relation} bytes than the length of ${lengthBytes}`)
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk, 'utf8')
  throw new InvalidArgumentError('data', 'must yield bytes or strings')
}

/** Bytes in memory, where the data is that; no copy is made. */
function bytesOf(data: unknown): Uint8Array | undefined {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  if (data instanceof Uint8Array) return data
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined
}

/**
 * Makes a request body of whatever was given.
 * @param length the number of bytes; needed for what can be read only once
 * @throws InvalidArgumentError naming `data` or `length`
 */
export function bodyOf(data: ObjectData, length: number | undefined): RequestBody {
  if (length !== undefined) checkInteger('length', length, 0, maxSinglePutBytes)
  const body = knownBody(data)
  if (body) {
    if (length === undefined || length === body.lengthBytes) return body
    throw new InvalidArgumentError('length', `is not that of the data, ${body.lengthBytes}`)
  }
  const source = sourceOf(data)
  if (length === undefined) {
    throw new InvalidArgumentError('length', 'must be given for a stream or an iterable')
  }
  return new SourceBody(source, length)
}

function knownBody(data: ObjectData): RequestBody | undefined {
  const bytes = bytesOf(data)
  if (bytes) return new BytesBody(bytes)
  return data instanceof Blob ? new BlobBody(data) : undefined
}
