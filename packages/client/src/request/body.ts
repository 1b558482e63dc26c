import { sha256Hex, type ChunkSigner } from '@stowage/protocol'
import type { WireBody } from '../transport/transport.ts'

/** A body of known length that can be opened any number of times: each attempt opens it anew. */
export interface RequestBody {
  readonly lengthBytes: number
  /** Whether the attempt has not yet got all bytes; absent where it gets them at once. */
  readonly unfinished?: boolean
  /** Gives the bytes, for one attempt. */
  open(): WireBody
  /** SHA-256 of the bytes in hex; absent where reading them for it would cost too much. */
  sha256?(): string | Promise<string>
  /** Present where the bytes travel framed. */
  readonly framing?: Framing
}

/** How a body travels as `aws-chunked`, with a trailing header behind it. */
export interface Framing {
  readonly trailerName: string
  /** Bytes that go over the wire; signatures of the chunks add to them. */
  wireBytes(signed: boolean): number
  /** Gives the framed bytes, for one attempt; with a signer each chunk is signed. */
  frame(signer: ChunkSigner | undefined): WireBody
}

/** A body in memory. */
export class BytesBody implements RequestBody {
  readonly lengthBytes: number
  readonly #bytes: Uint8Array
  #sha256: string | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.lengthBytes = bytes.length
  }

  open(): Uint8Array {
    return this.#bytes
  }

  sha256(): string {
    this.#sha256 ??= sha256Hex(this.#bytes)
    return this.#sha256
  }
}
