import { sha256Hex } from '@stowage/protocol'
import type { WireBody } from '../transport/transport.ts'

/** A body with a known length that can be opened once or any number of times. */
export interface RequestBody {
  readonly lengthBytes: number
  /** Whether `open` may be called again; only then a failed request is sent again. */
  readonly replayable: boolean
  /** Whether the attempt has not yet got all bytes; absent where it gets them at once. */
  readonly unfinished?: boolean
  /** Gives the bytes, for one attempt. */
  open(): WireBody
  /** SHA-256 of the bytes in hex; absent where they are not in memory. */
  sha256?(): string
  /** What the source itself failed with, if it did; the caller gets that, not its echo. */
  readonly failure?: { readonly error: unknown } | undefined
  /** Gives a source up that was not read to its end. */
  release?(): void
}

/** A body in memory. */
export class BytesBody implements RequestBody {
  readonly replayable = true
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
