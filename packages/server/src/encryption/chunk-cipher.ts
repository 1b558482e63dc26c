import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

/** Plain bytes of every chunk but the last one, which may have fewer. */
export const chunkBytes: number = 64 * 1024

/** What GCM adds to a chunk. */
export const tagBytes: number = 16

export const sealedChunkBytes: number = chunkBytes + tagBytes

/** A chunk is not what was sealed at its place: damaged, moved, exchanged or cut off. */
export class BrokenSealError extends Error {
  override readonly name = 'BrokenSealError'
}

/**
 * AES-256-GCM over the chunks of one blob. The key belongs to the blob alone, so a nonce is a fixed
 * prefix and the chunk's number. The number, and whether the chunk is the last one, are
 * authenticated beside the bytes, so that chunks can neither be moved nor cut off.
 */
export class ChunkCipher {
  readonly #key: Buffer
  readonly #nonce: Buffer
  readonly #facts = Buffer.alloc(5)

  /**
   * @param objectKey 32 bytes
   * @param salt random bytes of the blob: no two blobs get the same key
   */
  constructor(objectKey: Buffer, salt: Buffer) {
    const derived = createHmac('sha512', objectKey).update('stowage blob\0').update(salt).digest()
    this.#key = derived.subarray(0, 32)
    this.#nonce = Buffer.concat([derived.subarray(32, 40), Buffer.alloc(4)])
  }

  seal(index: number, last: boolean, bytes: Uint8Array): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nonceOf(index))
    cipher.setAAD(this.#factsOf(index, last))
    return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
  }

  /** @throws BrokenSealError */
  open(index: number, last: boolean, sealed: Buffer): Buffer {
    const end = sealed.length - tagBytes
    if (end < 0) throw new BrokenSealError('a sealed chunk is too short')
    const options = { authTagLength: tagBytes }
    const decipher = createDecipheriv('aes-256-gcm', this.#key, this.#nonceOf(index), options)
    decipher.setAAD(this.#factsOf(index, last))
    decipher.setAuthTag(sealed.subarray(end))
    const bytes = decipher.update(sealed.subarray(0, end))
    try {
      decipher.final()
    } catch {
      throw new BrokenSealError('a sealed chunk is not what was stored')
    }
    return bytes
  }

  #nonceOf(index: number): Buffer {
    this.#nonce.writeUInt32BE(index, 8)
    return this.#nonce
  }

  #factsOf(index: number, last: boolean): Buffer {
    this.#facts.writeUInt32BE(index, 0)
    this.#facts.writeUInt8(last ? 1 : 0, 4)
    return this.#facts
  }
}

/** How many chunks a blob has: also one without bytes has one, so that its end is sealed. */
export function chunkCount(plainBytes: number): number {
  return Math.max(1, Math.ceil(plainBytes / chunkBytes))
}
