import { crc32 } from 'node:zlib'
import { IntegrityError } from '../errors.ts'
import type { GetObjectOptions } from '../operations/get-object.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { SseCustomerKey } from '../request/sse.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import type { Verification } from '../results/content-check.ts'
import { downloadCheck, type DownloadCheck } from './download-check.ts'
import type { DownloadRecord } from './download-record.ts'
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
  /** Given where they are the ranges, and the object has a composite checksum. */
  readonly partSizes: readonly number[] | undefined
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
    const present = (await this.#plan.record?.verifiedParts()) ?? new Map<number, number>()
    const check = downloadCheck(this.#stat, {
      inOneRange: count <= 1,
      complete: present.size === 0,
      partSizes: this.#plan.partSizes,
    })
    for (let index = 0; index < count; index++) {
      const offset = index * partBytes
      const length = Math.min(partBytes, sizeBytes - offset)
      if (present.has(index)) this.#progress.finished(index + 1, length)
      else await this.#runner.run(() => this.#fetchPart(check, index, offset, length))
    }
    await this.#runner.finish()
    return check
  }

  async #fetchPart(
    check: DownloadCheck,
    index: number,
    offset: number,
    length: number,
  ): Promise<void> {
    const { versionId, sse, record } = this.#plan
    const { bucket, object, etag } = this.#stat
    const options: GetObjectOptions = {
      ...this.#plan,
      signal: this.#runner.signal,
      offset,
      length,
      versionId,
      sse,
      conditions: etag === undefined ? undefined : { ifMatch: etag },
    }
    const reader = await openObject(this.#pipeline, bucket, object, options)
    if (reader.stat.etag !== etag) {
      // Not every store heeds If-Match.
      reader.cancel()
      throw new IntegrityError('the object was replaced while it was downloaded')
    }
    const part = check.part(index)
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
