import type { CompletedPart, PartEntry } from '@stowage/protocol'
import { putObject, type PutResult } from '../operations/put-object.ts'
import { uploadPart, type UploadAddress } from '../operations/upload-part.ts'
import type { CallOptions } from '../options.ts'
import type { Deadline } from '../pipeline/deadline.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { RequestBody } from '../request/body.ts'
import type { ChecksumPlan } from '../request/checksum.ts'
import { withLockDigest } from './lock-digest.ts'
import { MultipartUpload, type MultipartPlan, type SentPart } from './multipart-upload.ts'
import { PartRunner } from './part-runner.ts'
import type { PartSource, SourcePart } from './part-source.ts'
import { ProgressMeter, type OnProgress } from './progress.ts'
import { ChosenSums, noSums, type SummedBody, type UploadSums } from './upload-sums.ts'
import {
  checkStoredParts,
  isStored,
  md5Of,
  storedParts,
  type FinishedPart,
  type UploadState,
} from './upload-state.ts'

/** What an upload makes, and how. */
export interface UploadPlan extends MultipartPlan {
  readonly checksum: ChecksumPlan | undefined
  readonly concurrency: number
  readonly onProgress: OnProgress | undefined
}

/** An upload that outlives failures, to be resumed. */
export interface Resumption {
  /** Where to go on; a new upload when there is none. */
  readonly from: UploadState | undefined
  /** Told after each part. */
  readonly onParts: ((uploadId: string, parts: readonly FinishedPart[]) => void) | undefined
}

const noStoredParts: ReadonlyMap<number, PartEntry> = new Map()

/**
 * Uploads a source: in one request when it fits into one part, else part by part. When it
 * fails, no object is made, its upload is aborted (but one that is to be resumed), and the first
 * failure is thrown; `leftUpload` tells what could not be aborted.
 */
export class Upload {
  readonly #pipeline: Pipeline
  readonly #plan: UploadPlan
  readonly #source: PartSource
  readonly #resumption: Resumption | undefined
  readonly #options: CallOptions
  readonly #deadline: Deadline
  readonly #runner: PartRunner
  readonly #progress: ProgressMeter
  readonly #sums: UploadSums
  readonly #multipart: MultipartUpload
  /** By part number. What a resumed upload has is known from the start. */
  readonly #finished: Map<number, FinishedPart>

  constructor(
    pipeline: Pipeline,
    plan: UploadPlan,
    source: PartSource,
    options: CallOptions,
    resumption?: Resumption,
  ) {
    this.#pipeline = pipeline
    this.#plan = plan
    this.#source = source
    this.#resumption = resumption
    this.#finished = new Map(resumption?.from?.parts.map((part) => [part.partNumber, part]))
    this.#deadline = pipeline.deadline(options, 'PutObject')
    this.#runner = new PartRunner(plan.concurrency, this.#deadline.signal)
    // The deadline is that of the whole upload; its requests have none of their own.
    this.#options = { ...options, signal: this.#runner.signal, timeout: 0 }
    this.#progress = new ProgressMeter(source.sizeBytes, plan.onProgress)
    this.#sums = plan.checksum ? new ChosenSums(plan.checksum, this.#runner.signal) : noSums
    this.#multipart = new MultipartUpload(pipeline, plan, this.#runner, this.#options, this.#sums)
  }

  async run(): Promise<PutResult> {
    try {
      // What needs parts in any case is begun first: a refusal costs the source nothing then.
      if (this.#source.isLarge) return await this.#putParts()
      const first = await this.#next()
      return first.isLast ? await this.#putWhole(first) : await this.#putParts(first)
    } catch (error) {
      await this.#runner.halt(error)
      throw error
    } finally {
      this.#runner.detach()
      this.#deadline.clear()
      await this.#source.close()
    }
  }

  #next(): Promise<SourcePart> {
    return this.#runner.waitFor(() => this.#source.next())
  }

  async #putWhole(part: SourcePart): Promise<PutResult> {
    const { bucket, object, conditions } = this.#plan
    const body = await part.open()
    const summed = await this.#sums.whole(body)
    const locked = await withLockDigest(this.#plan.headers, summed.body, this.#runner.signal)
    await this.#source.verify()
    const headers = { ...locked, ...summed.headers }
    const request = putObject(bucket, object, summed.body, headers, conditions)
    const result = await this.#pipeline.send(request, this.#options)
    this.#sums.check(summed, result)
    this.#progress.finished(part.partNumber, part.sizeBytes)
    return result
  }

  async #putParts(first?: SourcePart): Promise<PutResult> {
    const address = await this.#address()
    const send = async (): Promise<SentPart[]> => {
      const stored = await this.#storedParts(address)
      const parts = await this.#sendParts(address, first ?? (await this.#next()), stored)
      await this.#source.verify()
      return parts
    }
    return this.#multipart.make(address, send, this.#resumption !== undefined)
  }

  async #address(): Promise<UploadAddress> {
    const { bucket, object } = this.#plan
    const uploadId = this.#resumption?.from?.uploadId
    const address =
      uploadId === undefined ? await this.#multipart.begin() : { bucket, object, uploadId }
    this.#resumption?.onParts?.(address.uploadId, [...this.#finished.values()])
    return address
  }

  async #storedParts(address: UploadAddress): Promise<ReadonlyMap<number, PartEntry>> {
    const from = this.#resumption?.from
    if (from === undefined) return noStoredParts
    const { partHeaders } = this.#multipart
    const stored = await storedParts(this.#pipeline, address, partHeaders, this.#options)
    checkStoredParts(from, stored)
    return stored
  }

  async #sendParts(
    address: UploadAddress,
    first: SourcePart,
    stored: ReadonlyMap<number, PartEntry>,
  ): Promise<SentPart[]> {
    const sent: SentPart[] = []
    for (let part = first; ; part = await this.#next()) {
      const current = part
      await this.#runner.run(async () => {
        const completed = await this.#settlePart(address, current, stored.get(current.partNumber))
        sent.push({ ...completed, sizeBytes: current.sizeBytes })
      })
      if (part.isLast) break
    }
    await this.#runner.finish()
    return sent
  }

  /** Sees to it that the store has the part; gives how it is listed when all are there. */
  async #settlePart(
    address: UploadAddress,
    part: SourcePart,
    stored: PartEntry | undefined,
  ): Promise<CompletedPart> {
    const { partNumber, sizeBytes } = part
    try {
      const body = await part.open()
      const summed = await this.#sums.part(body)
      const etag =
        stored && (await this.#isStored(partNumber, stored, summed))
          ? stored.etag
          : await this.#sendPart(address, partNumber, summed)
      const completed = await this.#sums.finished(partNumber, etag, summed)
      await this.#note(address, partNumber, etag, body)
      this.#progress.finished(partNumber, sizeBytes)
      return completed
    } finally {
      part.release()
    }
  }

  async #isStored(partNumber: number, stored: PartEntry, summed: SummedBody): Promise<boolean> {
    const noted = this.#finished.get(partNumber)
    const isSame = await this.#sums.isSame(stored, summed)
    return isStored(summed.body, stored, noted, isSame, this.#runner.signal)
  }

  async #sendPart(address: UploadAddress, partNumber: number, summed: SummedBody): Promise<string> {
    const headers = { ...summed.headers, ...this.#multipart.partHeaders }
    const request = uploadPart(address, partNumber, summed.body, headers)
    const result = await this.#pipeline.send(request, this.#options)
    this.#sums.check(summed, result)
    return result.etag
  }

  async #note(
    { uploadId }: UploadAddress,
    partNumber: number,
    etag: string,
    body: RequestBody,
  ): Promise<void> {
    const onParts = this.#resumption?.onParts
    if (!onParts) return
    const md5 = await md5Of(body, this.#runner.signal)
    this.#finished.set(partNumber, { partNumber, etag, sizeBytes: body.lengthBytes, md5 })
    onParts(uploadId, [...this.#finished.values()])
  }
}
