import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { IntegrityError } from '../errors.ts'
import type { RequestBody } from '../request/body.ts'

/** So many bytes are read at once. */
const readBytes = 512 * 1024

/** A range of a file that is read anew for each attempt, and is never in memory as a whole. */
export class FileRangeBody implements RequestBody {
  readonly lengthBytes: number
  readonly #file: FileHandle
  readonly #offset: number
  readonly #verify: () => Promise<void>
  #givenBytes = 0
  #sha256: Promise<string> | undefined

  /** @param verify rejects when the file has changed */
  constructor(file: FileHandle, offset: number, lengthBytes: number, verify: () => Promise<void>) {
    this.#file = file
    this.#offset = offset
    this.lengthBytes = lengthBytes
    this.#verify = verify
  }

  get unfinished(): boolean {
    return this.#givenBytes < this.lengthBytes
  }

  async *open(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#givenBytes = 0
    for await (const chunk of this.#chunks()) {
      this.#givenBytes += chunk.length
      yield chunk
    }
  }

  /** Reads the range once more: the hash goes before the bytes. */
  sha256(): Promise<string> {
    this.#sha256 ??= this.#hash()
    return this.#sha256
  }

  async #hash(): Promise<string> {
    const hash = createHash('sha256')
    for await (const chunk of this.#chunks()) hash.update(chunk)
    return hash.digest('hex')
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    let done = 0
    while (done < this.lengthBytes) {
      // A new buffer each time: nobody tells when the socket is through with the last one.
      const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, this.lengthBytes - done))
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#offset + done)
      done += bytesRead
      // Without its last bytes the store makes nothing of what it got.
      if (bytesRead === 0 || done === this.lengthBytes) await this.#verify()
      if (bytesRead === 0) throw new IntegrityError('the file ended before its size')
      yield buffer.subarray(0, bytesRead)
    }
  }
}
