import { isDeepStrictEqual } from 'node:util'
import type { CompletedPart } from '@stowage/protocol'
import { IntegrityError, InvalidResponseError, isS3Error } from '../errors.ts'
import { abortMultipartUpload } from '../operations/abort-multipart-upload.ts'
import { completeMultipartUpload } from '../operations/complete-multipart-upload.ts'
import { createMultipartUpload } from '../operations/create-multipart-upload.ts'
import type { PutResult } from '../operations/put-object.ts'
import { statObject } from '../operations/stat-object.ts'
import { getObjectTags, setObjectTags } from '../operations/tags.ts'
import type { UploadAddress } from '../operations/upload-part.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { S3Request, Send } from '../request/request.ts'
import type { SseCustomerKey } from '../request/sse.ts'
import type { Tags } from '../request/tags.ts'
import { isMadeOf, partsOfEtag } from './etag-meaning.ts'
import { noteLeftUpload, type LeftUpload } from './left-uploads.ts'
import { mayBeLeft, mayHaveBegun } from './lost-upload.ts'
import type { PartRunner } from './part-runner.ts'
import { noSums, type UploadSums } from './upload-sums.ts'

/** What a multipart upload makes. */
export interface MultipartPlan {
  readonly bucket: string
  readonly object: string
  /** Headers of the object to come. */
  readonly headers: Readonly<Record<string, string>>
  /** Headers of the conditions, for the request that makes the object. */
  readonly conditions: Readonly<Record<string, string>>
  readonly sseC: SseCustomerKey | undefined
  /** The tags that stand among the headers. */
  readonly tags: Tags | undefined
}

/** A part that the store has taken. */
export interface SentPart extends CompletedPart {
  readonly sizeBytes: number
}

/** What CreateMultipartUpload gave, and after how many attempts. */
interface Begun {
  readonly uploadId: string
  readonly attempts: number
}

/** An abort has its own time: the upload's may be over. */
const abortTimeoutMs = 10_000

/** What a second attempt to complete gets when the first one was carried out. */
const ambiguous: ReadonlySet<string> = new Set(['NoSuchUpload', 'PreconditionFailed'])

/** The beginning and the end of a multipart upload, whatever its parts are made of. */
export class MultipartUpload {
  readonly #pipeline: Pipeline
  readonly #plan: MultipartPlan
  readonly #runner: PartRunner
  readonly #options: CallOptions
  readonly #sums: UploadSums
  /** An upload that may be left besides the one that is being made. */
  #lost: LeftUpload | undefined
  /** Absent for an upload that somebody else began. */
  #begunAt: Date | undefined

  /** @param runner what runs the parts: it is halted before an upload is aborted */
  constructor(
    pipeline: Pipeline,
    plan: MultipartPlan,
    runner: PartRunner,
    options: CallOptions,
    sums: UploadSums = noSums,
  ) {
    this.#pipeline = pipeline
    this.#plan = plan
    this.#runner = runner
    this.#options = options
    this.#sums = sums
  }

  /** Headers that every request with a part needs. */
  get partHeaders(): Readonly<Record<string, string>> {
    return this.#plan.sseC?.headers() ?? {}
  }

  async begin(): Promise<UploadAddress> {
    const { bucket, object } = this.#plan
    const headers = { ...this.#plan.headers, ...this.#sums.beginning() }
    const create = createMultipartUpload(bucket, object, headers)
    const request: S3Request<Begun> = {
      ...create,
      absent: undefined,
      read: (reply, attempts = 1) => ({ uploadId: create.read(reply), attempts }),
    }
    this.#options.signal?.throwIfAborted()
    const since = (this.#begunAt = new Date())
    const call = this.#options
    try {
      const { uploadId, attempts } = await this.#pipeline.send(request, call)
      if (attempts > 1) await this.#lookForLost(since, uploadId, call)
      return { bucket, object, uploadId }
    } catch (error) {
      // Who sent an answer that cannot be read would not send a list that can be believed.
      if (error instanceof InvalidResponseError) this.#lost = this.#nameless(since)
      else if (mayHaveBegun(error)) await this.#lookForLost(since, undefined, call)
      noteLeftUpload(error, this.#lost)
      throw error
    }
  }

  /** An attempt to begin may have been carried out although its answer did not come. */
  async #lookForLost(since: Date, own: string | undefined, call: CallOptions): Promise<void> {
    const beginning = { ...this.#nameless(since), since }
    const send: Send = (request, options) => this.#pipeline.send(request, options)
    if (await mayBeLeft(send, beginning, own, call)) this.#lost = beginning
  }

  #nameless(since: Date): LeftUpload {
    const { bucket, object } = this.#plan
    return { bucket, object, since, uploadId: undefined }
  }

  /**
   * Makes the object out of the parts that `send` gives. When that fails, the upload is aborted
   * as soon as nothing of it is under way any more.
   *
   * @param isKept whether a failed upload stays, to be resumed
   */
  async make(
    address: UploadAddress,
    send: () => Promise<readonly SentPart[]>,
    isKept = false,
  ): Promise<PutResult> {
    const made = await this.#complete(address, send).catch(async (error: unknown) => {
      await this.#runner.halt(error)
      if (!isKept) await this.#abort(address, error)
      await this.#lookForMisnamed(error)
      noteLeftUpload(error, this.#lost)
      throw error
    })
    noteLeftUpload(made, this.#lost)
    await this.#settleTags(made)
    return made
  }

  /** A store that does not know the upload gave it another id: the answer was damaged on its way. */
  async #lookForMisnamed(failure: unknown): Promise<void> {
    if (!isS3Error(failure, 'NoSuchUpload') || this.#begunAt === undefined) return
    await this.#lookForLost(this.#begunAt, undefined, { ...this.#options, signal: undefined })
  }

  async #complete(
    address: UploadAddress,
    send: () => Promise<readonly SentPart[]>,
  ): Promise<PutResult> {
    const parts = (await send()).toSorted((a, b) => a.partNumber - b.partNumber)
    const made = await this.#completed(address, parts)
    const said = partsOfEtag(made.etag)
    if (said !== undefined && said !== parts.length) {
      throw new IntegrityError(`the store made the object of ${said} parts, not ${parts.length}`)
    }
    this.#sums.checkCompleted(made)
    return made
  }

  /**
   * The answer may get lost after the store did its work, so that the next attempt finds no
   * upload, or finds its own object under its condition. Then the object itself tells.
   */
  async #completed(address: UploadAddress, parts: readonly SentPart[]): Promise<PutResult> {
    const { conditions } = this.#plan
    const headers = { ...conditions, ...this.partHeaders, ...this.#sums.completing() }
    const request = completeMultipartUpload(address, parts, headers)
    try {
      return await this.#pipeline.send(request, this.#options)
    } catch (error) {
      if (!isS3Error(error) || error.attempts === 1 || !ambiguous.has(error.code)) throw error
      const made = await this.#madeMeanwhile(address, parts)
      if (!made) throw error
      return made
    }
  }

  async #madeMeanwhile(
    { bucket, object }: UploadAddress,
    parts: readonly SentPart[],
  ): Promise<PutResult | undefined> {
    const withChecksums = this.#sums !== noSums
    const request = statObject(bucket, object, { sse: this.#plan.sseC, withChecksums })
    const stat = await this.#pipeline.send(request, this.#options).catch(() => undefined)
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
    if (stat?.etag === undefined || stat.sizeBytes !== sizeBytes) return undefined
    if (!isMadeOf(stat, parts)) return undefined
    const { etag, versionId, checksums, checksumType } = stat
    return { etag, versionId, checksums, checksumType }
  }

  /**
   * Ceph (18.2) loses the tags of CreateMultipartUpload. Where nobody may look, they are taken to be
   * there: a store that knows of such a right knows of tags.
   */
  async #settleTags({ versionId }: PutResult): Promise<void> {
    const { bucket, object, tags = {} } = this.#plan
    if (Object.keys(tags).length === 0) return
    const reading = getObjectTags(bucket, object, { versionId })
    const found = await this.#pipeline.send(reading, this.#options).catch(unlessRefused)
    if (found === undefined || isDeepStrictEqual({ ...found }, { ...tags })) return
    await this.#pipeline.send(setObjectTags(bucket, object, tags, { versionId }), this.#options)
  }

  /** The failure that led here is the one that counts, whatever comes of the abort. */
  async #abort(address: UploadAddress, failure: unknown): Promise<void> {
    const options = { ...this.#options, signal: undefined, timeout: abortTimeoutMs }
    await this.#pipeline
      .send(abortMultipartUpload(address), options)
      .catch(() => noteLeftUpload(failure, address))
  }
}

function unlessRefused(error: unknown): undefined {
  if (!isS3Error(error) || error.retryable) throw error
}
