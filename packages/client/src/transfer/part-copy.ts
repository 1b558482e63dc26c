import { formatRange } from '@stowage/protocol'
import { IntegrityError, isS3Error } from '../errors.ts'
import { copyHeaders, replacesMetadata, type CopyTargetOptions } from '../operations/copy-object.ts'
import type { PutResult } from '../operations/put-object.ts'
import { getObjectTags } from '../operations/tags.ts'
import type { UploadAddress } from '../operations/upload-part.ts'
import { uploadPartCopy, type ListedPart } from '../operations/upload-part-copy.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { SseCustomerKey } from '../request/sse.ts'
import type { Tags } from '../request/tags.ts'
import { checkUnchanged, towardsSource, type PinnedPiece } from './copy-piece.ts'
import { copyPartBytes, cutIntoParts, type Stretch } from './copy-ranges.ts'
import { keptEncryption } from './kept-encryption.ts'
import { MultipartUpload, type MultipartPlan, type SentPart } from './multipart-upload.ts'
import { PartRunner } from './part-runner.ts'
import { ProgressMeter, type OnProgress } from './progress.ts'
import { concurrencyOf } from './transfer-options.ts'

/** How a copy is done that takes more than one request. */
export interface PartCopyOptions {
  /** Bytes of a part, 5 MiB to 5 GiB. Default: 64 MiB, more where 10,000 parts would not do. */
  readonly partSize?: number | undefined
  /** Requests at the same time, 1 to 64. Default 4. */
  readonly concurrency?: number | undefined
  /** Told after each part; not at all where one request copies everything. */
  readonly onProgress?: OnProgress | undefined
}

/** Where a copy goes, and what it is to be. */
export interface CopyTarget extends CallOptions, CopyTargetOptions, PartCopyOptions {
  readonly bucket: string
  readonly object: string
}

/**
 * Makes an object of pieces of others by multipart copy. What CopyObject takes along from its
 * source comes from the first piece; the encryption is that of the piece that has the strongest.
 *
 * @param argument what holds the pieces
 * @throws InvalidArgumentError when there would be too many parts; nothing was begun then
 */
export async function copyInParts(
  pipeline: Pipeline,
  target: CopyTarget,
  pieces: readonly [PinnedPiece, ...PinnedPiece[]],
  argument: string,
): Promise<PutResult> {
  const { bucket, object, sse, partSize } = target
  const lengths = pieces.map(({ length }) => length)
  const partBytes = copyPartBytes(lengths, partSize, argument)
  const [first] = pieces
  const tags = target.tags ?? (await tagsOf(pipeline, target, first))
  const encryptions = pieces.map(({ encryption }) => encryption)
  const kept = sse === undefined ? await keptEncryption(pipeline, bucket, encryptions, target) : {}
  const plan: MultipartPlan = {
    bucket,
    object,
    headers: { ...headersOfCopy({ ...target, tags }, first), ...kept },
    conditions: {},
    sseC: sse instanceof SseCustomerKey ? sse : undefined,
    tags,
  }
  return new PartCopy(pipeline, plan, target).run(pieces, partBytes)
}

/** Tags of the source; a store that knows of none has none to keep. */
async function tagsOf(
  pipeline: Pipeline,
  target: CopyTarget,
  { source }: PinnedPiece,
): Promise<Tags | undefined> {
  const request = getObjectTags(source.bucket, source.object, source)
  const call = towardsSource(source, target.bucket, target)
  const tags = await pipeline.send(request, call).catch((error: unknown) => {
    if (!isS3Error(error, 'NotImplemented')) throw error
  })
  return tags && Object.keys(tags).length > 0 ? tags : undefined
}

/** What CopyObject would see to by itself. */
function headersOfCopy(
  options: CopyTargetOptions,
  { copiedHeaders }: PinnedPiece,
): Record<string, string> {
  const headers = copyHeaders(options)
  return replacesMetadata(options) ? headers : { ...headers, ...copiedHeaders }
}

/** Copies pieces part by part, so many at a time, into one upload. */
class PartCopy {
  readonly #pipeline: Pipeline
  readonly #target: CopyTarget
  readonly #options: CallOptions
  readonly #runner: PartRunner
  readonly #multipart: MultipartUpload

  constructor(pipeline: Pipeline, plan: MultipartPlan, target: CopyTarget) {
    this.#pipeline = pipeline
    this.#target = target
    this.#runner = new PartRunner(concurrencyOf(target), target.signal)
    this.#options = { ...target, signal: this.#runner.signal }
    this.#multipart = new MultipartUpload(pipeline, plan, this.#runner, this.#options)
  }

  async run(pieces: readonly PinnedPiece[], partBytes: number): Promise<PutResult> {
    try {
      const address = await this.#multipart.begin()
      return await this.#multipart.make(address, async () => {
        const parts = await this.#copyParts(address, pieces, partBytes)
        await this.#checkUnchanged(pieces)
        return parts
      })
    } finally {
      this.#runner.detach()
    }
  }

  async #copyParts(
    address: UploadAddress,
    pieces: readonly PinnedPiece[],
    partBytes: number,
  ): Promise<SentPart[]> {
    const totalBytes = pieces.reduce((sum, { length }) => sum + length, 0)
    const progress = new ProgressMeter(totalBytes, this.#target.onProgress)
    const sent: SentPart[] = []
    let lastNumber = 0
    for (const [index, piece] of pieces.entries()) {
      const isLast = index === pieces.length - 1
      for (const part of cutIntoParts(piece, partBytes, isLast)) {
        const partNumber = ++lastNumber
        await this.#runner.run(async () => {
          const copied = await this.#copyPart(address, partNumber, piece, part)
          sent.push({ ...copied, partNumber, sizeBytes: part.length })
          progress.finished(partNumber, part.length)
        })
      }
    }
    await this.#runner.finish()
    return sent
  }

  async #copyPart(
    address: UploadAddress,
    partNumber: number,
    piece: PinnedPiece,
    part: Stretch,
  ): Promise<ListedPart> {
    const headers: Record<string, string> = {
      ...this.#multipart.partHeaders,
      ...piece.requestHeaders,
    }
    // S3 takes ranges of objects above 5 MiB only ("UploadPartCopy" of AWS).
    const isAll = piece.isWhole && part.length === piece.length
    const range = isAll ? undefined : formatRange(part)
    if (range !== undefined) headers['x-amz-copy-source-range'] = range
    const request = uploadPartCopy(address, partNumber, headers)
    const { sourceVersionId, ...copied } = await this.#pipeline.send(request, this.#options)
    const { versionId } = piece
    if (sourceVersionId !== versionId && sourceVersionId !== undefined && versionId !== undefined) {
      throw new IntegrityError('the store copied a part from another version of the source')
    }
    // Stores may tell checksums that nobody asked for; the upload knows nothing of these.
    return this.#target.checksumAlgorithm === undefined ? { etag: copied.etag } : copied
  }

  async #checkUnchanged(pieces: readonly PinnedPiece[]): Promise<void> {
    for (const piece of pieces) {
      const call = towardsSource(piece.source, this.#target.bucket, this.#options)
      await this.#runner.run(() => checkUnchanged(this.#pipeline, piece, call))
    }
    await this.#runner.finish()
  }
}
