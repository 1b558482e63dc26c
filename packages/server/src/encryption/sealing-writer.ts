import type { BlobDescription, BlobWriter, PendingBlob } from '../store/blobs.ts'
import { ChunkCipher, chunkBytes } from './chunk-cipher.ts'

/** Encrypts what goes into a blob, chunk by chunk. */
export class SealingWriter implements BlobWriter {
  readonly #writer: BlobWriter
  readonly #cipher: ChunkCipher
  readonly #salt: Buffer
  /** Bytes that do not make up a chunk yet; the last chunk of all is known only at the end. */
  readonly #pending = Buffer.allocUnsafeSlow(chunkBytes)
  #pendingBytes = 0
  #nextIndex = 0
  #sizeBytes = 0

  /** @param salt 32 random bytes, used for no other blob */
  constructor(writer: BlobWriter, objectKey: Buffer, salt: Buffer) {
    this.#writer = writer
    this.#cipher = new ChunkCipher(objectKey, salt)
    this.#salt = salt
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#sizeBytes += bytes.length
    // Whoever waits for the latest batch has waited for those before it.
    let wait: Promise<void> | undefined
    let taken = 0
    while (taken < bytes.length) {
      if (this.#pendingBytes === chunkBytes) wait = this.#sealPending(false) ?? wait
      const space = chunkBytes - this.#pendingBytes
      const piece = bytes.subarray(taken, taken + space)
      this.#pending.set(piece, this.#pendingBytes)
      this.#pendingBytes += piece.length
      taken += piece.length
    }
    return wait
  }

  #sealPending(last: boolean): Promise<void> | undefined {
    const bytes = this.#pending.subarray(0, this.#pendingBytes)
    const sealed = this.#cipher.seal(this.#nextIndex, last, bytes)
    this.#nextIndex += 1
    this.#pendingBytes = 0
    return this.#writer.write(sealed)
  }

  async finish(description: BlobDescription): Promise<PendingBlob> {
    await this.#sealPending(true)
    this.#pending.fill(0)
    const seal = { salt: this.#salt.toString('base64'), sizeBytes: this.#sizeBytes }
    return this.#writer.finish({ ...description, seal })
  }

  discard(): Promise<void> {
    this.#pending.fill(0)
    return this.#writer.discard()
  }
}
