import type { RequestBody } from '../request/body.ts'
import type { PartSource, SourcePart } from './part-source.ts'

/** Parts of what can be read anywhere and any number of times: bytes in memory, a Blob. */
export class SlicedSource implements PartSource {
  readonly sizeBytes: number
  readonly #partBytes: number
  readonly #slice: (start: number, end: number) => RequestBody
  #nextPart = 1

  /** @param slice gives the body of a range; nothing needs to be copied */
  constructor(
    sizeBytes: number,
    partBytes: number,
    slice: (start: number, end: number) => RequestBody,
  ) {
    this.sizeBytes = sizeBytes
    this.#partBytes = partBytes
    this.#slice = slice
  }

  get isLarge(): boolean {
    return this.sizeBytes > this.#partBytes
  }

  next(): Promise<SourcePart> {
    const partNumber = this.#nextPart++
    const offset = (partNumber - 1) * this.#partBytes
    const end = Math.min(offset + this.#partBytes, this.sizeBytes)
    return Promise.resolve({
      partNumber,
      offset,
      sizeBytes: end - offset,
      isLast: end === this.sizeBytes,
      open: () => Promise.resolve(this.#slice(offset, end)),
      release: () => {},
    })
  }

  verify(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
