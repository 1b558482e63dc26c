import { S3Failure } from '../../failure.ts'
import type { WorkSlices } from '../../work-slices.ts'
import type { SelectSource } from './source.ts'
import type { ReadCounts } from './table.ts'

/** Larger than any footer that was written by intention: it is parsed in one piece. */
const maxFooterBytes = 64 * 1024 * 1024
/** `PAR1`, the length of the footer, and `PAR1` again. */
const leastFileBytes = 12

/** An object that is read here and there. */
export class ParquetFile {
  readonly byteLength: number
  readonly #source: SelectSource
  readonly #counts: ReadCounts
  readonly #slices: WorkSlices

  constructor(source: SelectSource, counts: ReadCounts, slices: WorkSlices) {
    this.byteLength = source.sizeBytes
    this.#source = source
    this.#counts = counts
    this.#slices = slices
  }

  /** @throws S3Failure ParquetParsingError beyond its ends */
  async slice(start: number, end: number): Promise<ArrayBuffer> {
    const length = end - start
    const isWithin = start >= 0 && length >= 0 && end <= this.byteLength
    if (!isWithin) throw new S3Failure('ParquetParsingError')
    const bytes = new Uint8Array(length)
    let filled = 0
    for await (const chunk of length === 0 ? [] : this.#source.read(start, length)) {
      if (this.#slices.isOver) await this.#slices.nextTurn()
      bytes.set(chunk, filled)
      filled += chunk.length
    }
    this.#counts.scannedBytes += filled
    this.#counts.processedBytes += filled
    return bytes.buffer
  }

  /** @throws S3Failure ParquetParsingError for a footer that cannot be, before it is allocated */
  async checkFooter(): Promise<void> {
    if (this.byteLength < leastFileBytes) throw new S3Failure('ParquetParsingError')
    const tail = new DataView(await this.slice(this.byteLength - 8, this.byteLength))
    if (tail.getUint32(0, true) > maxFooterBytes) throw new S3Failure('ParquetParsingError')
  }
}
