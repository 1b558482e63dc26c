import { sha256Hex } from './hash.ts'
import type { SigningKey } from './signing-key.ts'
import { emptySha256 } from './types.ts'

/** What a chain of chunk signatures starts from. */
export interface ChunkSigningContext {
  readonly key: SigningKey
  /** `x-amz-date` of the request. */
  readonly amzDate: string
  /** The signature in the Authorization header. */
  readonly seedSignature: string
}

/** Makes the signatures of an `aws-chunked` body: each covers its chunk and the one before. */
export class ChunkSigner {
  readonly #context: ChunkSigningContext
  #previous: string

  constructor(context: ChunkSigningContext) {
    this.#context = context
    this.#previous = context.seedSignature
  }

  #next(kind: 'PAYLOAD' | 'TRAILER', hashes: string): string {
    const { key, amzDate } = this.#context
    this.#previous = key.sign(
      `AWS4-HMAC-SHA256-${kind}\n${amzDate}\n${key.credentialScope}\n${this.#previous}\n${hashes}`,
    )
    return this.#previous
  }

  /** The signature of the next chunk, from the SHA-256 of its data. */
  chunk(dataSha256: string): string {
    return this.#next('PAYLOAD', `${emptySha256}\n${dataSha256}`)
  }

  /** The signature of the trailing headers, given as `name:value\n` lines. */
  trailer(lines: string): string {
    return this.#next('TRAILER', sha256Hex(lines))
  }
}
