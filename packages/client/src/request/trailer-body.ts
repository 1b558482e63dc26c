import {
  checksumAlgorithms,
  ChunkedEncoder,
  chunkedLength,
  createChecksum,
  encodeDigest,
  type ChunkSigner,
} from '@stowage/protocol'
import type { WireBody } from '../transport/transport.ts'
import type { Framing, RequestBody } from './body.ts'
import type { ChecksumPlan } from './checksum.ts'

/** As in AWS's own example; S3 wants at least 8 KiB. */
const chunkBytes = 64 * 1024
const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3)

/** A body with its checksum behind it, so that its bytes are read but once. */
export class TrailerBody implements RequestBody, Framing {
  readonly lengthBytes: number
  readonly trailerName: string
  readonly #body: RequestBody
  readonly #plan: ChecksumPlan
  #digest: Uint8Array | undefined

  constructor(body: RequestBody, plan: ChecksumPlan) {
    this.#body = body
    this.#plan = plan
    this.lengthBytes = body.lengthBytes
    this.trailerName = plan.headerName
  }

  get framing(): Framing {
    return this
  }

  /** Of the bytes of the last attempt; undefined until all of them were taken. */
  get digest(): Uint8Array | undefined {
    return this.#digest
  }

  get unfinished(): boolean {
    return this.#digest === undefined
  }

  open(): WireBody {
    return this.#body.open()
  }

  wireBytes(signed: boolean): number {
    const { digestBytes } = checksumAlgorithms[this.#plan.algorithm]
    const trailers = [{ name: this.trailerName, valueBytes: base64Length(digestBytes) }]
    return chunkedLength({ decodedBytes: this.lengthBytes, chunkBytes, signed, trailers })
  }

  async *frame(signer: ChunkSigner | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    this.#digest = undefined
    const encoder = new ChunkedEncoder(signer)
    const sum = createChecksum(this.#plan.algorithm)
    let lineEnd = ''
    for await (const chunk of chunksOf(this.#body.open())) {
      sum.update(chunk)
      yield Buffer.from(lineEnd + encoder.header(chunk), 'latin1')
      yield chunk
      lineEnd = '\r\n'
    }
    this.#digest = sum.digest()
    const end = encoder.end([[this.trailerName, encodeDigest(this.#digest)]])
    yield Buffer.from(lineEnd + end, 'latin1')
  }
}

/** Cuts a body into chunks of one size; only the last may be smaller. */
async function* chunksOf(opened: WireBody): AsyncGenerator<Uint8Array, void, undefined> {
  if (opened === null) return
  if (typeof opened === 'string' || opened instanceof Uint8Array) {
    yield* slicesOf(typeof opened === 'string' ? Buffer.from(opened, 'utf8') : opened)
    return
  }
  let chunk = Buffer.allocUnsafeSlow(chunkBytes)
  let filled = 0
  for await (const piece of opened) {
    for (let at = 0; at < piece.length;) {
      const taken = piece.subarray(at, at + chunkBytes - filled)
      chunk.set(taken, filled)
      filled += taken.length
      at += taken.length
      if (filled < chunkBytes) continue
      yield chunk
      // The one before may still be on its way into the socket.
      chunk = Buffer.allocUnsafeSlow(chunkBytes)
      filled = 0
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    yield bytes.subarray(start, start + chunkBytes)
  }
}
