import { crc32 } from 'node:zlib'
import { IntegrityError } from '../errors.ts'
import type { GetObjectOptions } from '../operations/get-object.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { SseCustomerKey } from '../request/sse.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import type { Verification } from '../results/content-check.ts'
import { downloadCheck, unchecked, type DownloadCheck, type PartCheck } from './download-check.ts'
import type { DownloadRecord } from './download-record.ts'
import { readStretch } from './file-stretch.ts'
import { openObject } from './get-object.ts'
import { PartRunner } from './part-runner.ts'
import type { PartialFile } from './partial-file.ts'
import { ProgressMeter, type OnProgress } from './progress.ts'
import { writeRange } from './range-writer.ts'

/** How an object is downloaded. */
export interface DownloadPlan extends CallOptions {
  readonly versionId?: string | undefined
  readonly sse?: SseCustomerKey | undefined
  readonly partSize: number
  /** Where the object has a composite checksum, and the store tells of its parts. */
  readonly partSizes: readonly number[] | undefined
  /** Whether the ranges are these parts. */
  readonly byParts: boolean
  readonly concurrency: number
  readonly onProgress: OnProgress | undefined
  /** Given when the download can be resumed. */
  readonly record: DownloadRecord | undefined
}

/**
 * Downloads an object into a partial file, by ranges that are all pinned to one ETag, and
 * puts the file into its place when it is whole and checked.
 */
export class Download {
  readonly #pipeline: Pipeline
  readonly #stat: ObjectStat
  readonly #file: PartialFile
  readonly #plan: DownloadPlan
  readonly #runner: PartRunner
  readonly #progress: ProgressMeter

  constructor(pipeline: Pipeline, stat: ObjectStat, file: PartialFile, plan: DownloadPlan) {
    this.#pipeline = pipeline
    this.#stat = stat
    this.#file = file
    this.#plan = plan
    this.#runner = new PartRunner(plan.concurrency, plan.signal)
    this.#progress = new ProgressMeter(stat.sizeBytes, plan.onProgress)
  }

  async run(): Promise<Verification> {
    try {
      const check = await this.#fetchParts()
      check.finish()
      await this.#file.commit(this.#stat.sizeBytes)
      return check.verification
    } catch (error) {
      await this.#runner.halt(error)
      // Bytes that do not match are of no use to anybody.
      const keep = this.#plan.record !== undefined && !(error instanceof IntegrityError)
      await (keep ? this.#file.keep() : this.#file.discard())
      throw error
    } finally {
      this.#runner.detach()
    }
  }

  async #fetchParts(): Promise<DownloadCheck> {
    const { sizeBytes, etag } = this.#stat
    // Without an ETag nothing would tell apart the ranges of two objects.
    const partBytes = etag === undefined ? Math.max(sizeBytes, 1) : this.#plan.partSize
    // An empty object is fetched as well: a size that is not told reads as 0.
    const count = Math.max(1, Math.ceil(sizeBytes / partBytes))
    const { record, partSizes, byParts, signal } = this.#plan
    const check = downloadCheck(this.#stat, { inOneRange: count <= 1, partSizes, byParts })
    const readsBack = check.needsOrder && count > 1
    const part = (index: number): PartCheck => (readsBack ? unchecked : check.part(index))
    const present = (await record?.verifiedParts(part, signal)) ?? new Set<number>()
    for (let index = 0; index < count; index++) {
      const offset = index * partBytes
      const length = Math.min(partBytes, sizeBytes - offset)
      if (present.has(index)) this.#progress.finished(index + 1, length)
      else await this.#runner.run(() => this.#fetchPart(part(index), index, offset, length))
    }
    await this.#runner.finish()
    if (readsBack) await this.#readBack(check.part(0))
    return check
  }

  /** Shows a check the whole file, once it is there. */
  async #readBack(part: PartCheck): Promise<void> {
    const { sizeBytes } = this.#stat
    const { signal } = this.#plan
    await readStretch(this.#file.handle, 0, sizeBytes, signal, (chunk) => part.update(chunk))
    part.end(sizeBytes)
  }

  async #fetchPart(part: PartCheck, index: number, offset: number, length: number): Promise<void> {
    const { versionId, sse, record } = this.#plan
    const { etag, sizeBytes } = this.#stat
    const options: GetObjectOptions = {
      ...this.#plan,
      signal: this.#runner.signal,
      offset,
      length,
      versionId,
      sse,
      conditions: etag === undefined ? undefined : { ifMatch: etag },
    }
    const known = { etag, versionId: this.#stat.versionId, totalBytes: sizeBytes }
    const reader = await openObject(this.#pipeline, this.#stat, options, known)
    let crc = 0
    const written = await writeRange(this.#file.handle, offset, reader, (chunk) => {
      part.update(chunk)
      if (record) crc = crc32(chunk, crc)
    })
    if (written !== length) {
      throw new IntegrityError(`a range of ${length} bytes came with ${written}`)
    }
    part.end(length)
    await record?.finished(index, crc)
    this.#progress.finished(index + 1, length)
  }
}
