import { setImmediate } from 'node:timers/promises'
import { IntegrityError } from '../errors.ts'
import { BytesBody } from '../request/body.ts'
import { asBytes } from '../request/source-body.ts'
import type { Source } from '../request/source.ts'
import type { BufferPool } from './buffer-pool.ts'
import { maxParts } from './part-sizes.ts'
import type { PartSource, SourcePart } from './part-source.ts'

const noBytes = new Uint8Array(0)

/** A source that never waits must not keep signals and sockets from having their turn. */
const stepsPerTurn = 4096

/**
 * Parts of what can be read only once, in order: each is gathered in memory, so that it can
 * be sent again.
 */
export class StreamSource implements PartSource {
  readonly sizeBytes: number | undefined
  readonly #source: Source
  readonly #pool: BufferPool
  readonly #partBytes: (partNumber: number) => number
  #nextPart = 1
  #offset = 0
  /** What was read beyond the last part. */
  #rest: Uint8Array = noBytes
  #ended = false
  #steps = 0

  /**
   * @param sizeBytes what the caller says; checked
   * @param partBytes the size of each part but the last
   */
  constructor(
    source: Source,
    sizeBytes: number | undefined,
    partBytes: (partNumber: number) => number,
    pool: BufferPool,
  ) {
    this.#source = source
    this.sizeBytes = sizeBytes
    this.#partBytes = partBytes
    this.#pool = pool
  }

  get isLarge(): boolean {
    return this.sizeBytes !== undefined && this.sizeBytes > this.#partBytes(1)
  }

  async next(): Promise<SourcePart> {
    const partNumber = this.#nextPart
    if (partNumber > maxParts) throw new IntegrityError('the source has too many bytes')
    this.#nextPart++
    const buffer = this.#pool.take(this.#partBytes(partNumber))
    const bytes = buffer.subarray(0, await this.#fill(buffer))
    const offset = this.#offset
    this.#offset += bytes.length
    const isLast = this.#ended && this.#rest.length === 0
    this.#checkLength(isLast)
    return {
      partNumber,
      offset,
      sizeBytes: bytes.length,
      isLast,
      open: () => Promise.resolve(new BytesBody(bytes)),
      release: () => this.#pool.give(buffer),
    }
  }

  /** Fills a part, and reads on until there is a byte of the next one or the end. */
  async #fill(buffer: Buffer): Promise<number> {
    let filled = 0
    for (;;) {
      const taken = Math.min(this.#rest.length, buffer.length - filled)
      buffer.set(taken === this.#rest.length ? this.#rest : this.#rest.subarray(0, taken), filled)
      filled += taken
      this.#rest = this.#rest.subarray(taken)
      if (this.#rest.length > 0 || this.#ended) return filled
      await this.#read()
    }
  }

  async #read(): Promise<void> {
    if (++this.#steps % stepsPerTurn === 0) await setImmediate()
    const step = this.#source.next()
    // Promises of other realms are no `Promise` of this one.
    const { done, value } = 'then' in step ? await step : step
    if (done === true) this.#ended = true
    else this.#rest = asBytes(value)
  }

  #checkLength(isLast: boolean): void {
    if (this.sizeBytes === undefined) return
    const seen = this.#offset + this.#rest.length
    if (seen > this.sizeBytes || (isLast && seen < this.sizeBytes)) {
      const relation = seen > this.sizeBytes ? 'more' : 'fewer'
      throw new IntegrityError(
        `the source gave ${relation} bytes than the length of ${this.sizeBytes}`,
      )
    }
  }

  verify(): Promise<void> {
    return Promise.resolve()
  }

  /** A source that hangs must not hang its caller: nobody waits for its answer. */
  close(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true
      this.#source.stop()
    }
    return Promise.resolve()
  }
}
