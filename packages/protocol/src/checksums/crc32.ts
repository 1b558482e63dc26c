import { crc32 } from 'node:zlib'
import { bigEndian32 } from './crc-digest.ts'

/** CRC-32 as in zlib, Ethernet and PNG: native in Node. */
export class Crc32 {
  #crc = 0

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc)
  }

  digest(): Uint8Array {
    return bigEndian32(this.#crc)
  }
}
