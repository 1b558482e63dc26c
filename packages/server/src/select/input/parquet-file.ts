import type { AsyncBuffer } from 'hyparquet'

import { S3Failure } from '../../failure.ts'
import type { SelectSource } from './source.ts'
import type { ReadCounts } from './table.ts'

/** Larger than any footer that was written by intention: it is parsed in one piece. */
const maxFooterBytes = 64 * 1024 * 1024
/** `PAR1`, the length of the footer, and `PAR1` again. */
const leastFileBytes = 12

/** An object as hyparquet wants to read it. */
export class ParquetFile implements AsyncBuffer {
  readonly byteLength: number
  readonly #source: SelectSource
  readonly #counts: ReadCounts
  #readError: Error | undefined

  constructor(source: SelectSource, counts: ReadCounts) {
    this.byteLength = source.sizeBytes
    this.#source = source
    this.#counts = counts
  }

  async slice(start: number, end: number = this.byteLength): Promise<ArrayBuffer> {
    const length = end - start
    const isWithin = start >= 0 && length >= 0 && end <= this.byteLength
    if (!isWithin) throw new S3Failure('ParquetParsingError')
    const bytes = new Uint8Array(length)
    let filled = 0
    try {
      for await (const chunk of length === 0 ? [] : this.#source.read(start, length)) {
        bytes.set(chunk, filled)
        filled += chunk.length
      }
    } catch (error) {
      this.#readError = error instanceof Error ? error : new Error(String(error))
      throw this.#readError
    }
    this.#counts.scannedBytes += filled
    this.#counts.processedBytes += filled
    return bytes.buffer
  }

  /** @throws S3Failure ParquetParsingError for a footer that cannot be, before it is allocated */
  async checkFooter(): Promise<void> {
    if (this.byteLength < leastFileBytes) throw new S3Failure('ParquetParsingError')
    const tail = new DataView(await this.slice(this.byteLength - 8))
    if (tail.getUint32(0, true) > maxFooterBytes) throw new S3Failure('ParquetParsingError')
  }

  /**
   * Runs a part of hyparquet, which throws plain errors for whatever is wrong with the bytes.
   * @throws S3Failure ParquetParsingError, or what reading the object threw
   */
  async parse<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (this.#readError !== undefined) throw this.#readError
      throw error instanceof S3Failure ? error : new S3Failure('ParquetParsingError')
    }
  }
}
