import { IntegrityError, isS3Error } from '../errors.ts'
import { copyObject, type CopyObjectResult, type CopyOptions } from '../operations/copy-object.ts'
import { statObject } from '../operations/stat-object.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { copySourceOf, type CopySource } from '../request/copy-source.ts'
import { SseCustomerKey } from '../request/sse.ts'
import { asCopyFails, pinPiece, towardsSource, type Piece, type PinnedPiece } from './copy-piece.ts'
import { leftUpload, noteLeftUpload } from './left-uploads.ts'
import { copyInParts, type CopyTarget, type PartCopyOptions } from './part-copy.ts'
import { maxPartBytes } from './part-sizes.ts'
import { checkPartOptions } from './transfer-options.ts'

/** Options of `copyObject`. */
export interface CopyObjectOptions extends CopyOptions, PartCopyOptions {
  /**
   * Bytes of a part, 5 MiB to 5 GiB; what fits into one is copied by one request. When it is
   * given, the size of the source is asked for first. Default: whatever the store copies by one
   * request goes so, anything else in parts of 64 MiB, or more where 10,000 parts would not do.
   */
  readonly partSize?: number | undefined
}

/**
 * How stores refuse a source that is too large for one CopyObject: AWS (5 GiB) says
 * InvalidRequest, which it says of much else as well; MinIO, Ceph and others EntityTooLarge.
 */
const perhapsTooLarge: ReadonlySet<string> = new Set(['InvalidRequest', 'EntityTooLarge'])

/**
 * Copies an object of any size. As most are small, the one request that suffices for them is
 * tried first, and costs nothing but itself; only a refusal makes the size a question.
 */
export async function copyAnyObject(
  pipeline: Pipeline,
  bucket: string,
  object: string,
  source: string | CopySource,
  options: CopyObjectOptions,
): Promise<CopyObjectResult> {
  const request = copyObject(bucket, object, source, options)
  checkPartOptions(options)
  const deadline = pipeline.deadline(options, request.operation)
  const target = { ...options, bucket, object, signal: deadline.signal, timeout: 0 }
  const piece = wholeObject(copySourceOf(source), options)
  try {
    if (options.partSize !== undefined) {
      const pinned = await pin(pipeline, piece, target)
      if (pinned.length > options.partSize) return await copyLarge(pipeline, target, pinned)
    }
    return await pipeline.send(request, target).catch(async (refusal: unknown) => {
      const pinned = await pinIfTooLarge(pipeline, piece, target, refusal)
      return copyLarge(pipeline, target, pinned)
    })
  } finally {
    deadline.clear()
  }
}

function wholeObject(source: CopySource, { sourceSse, conditions }: CopyOptions): Piece {
  return { source, sourceSse, conditions, offset: 0, length: undefined, argument: 'source' }
}

function pin(pipeline: Pipeline, piece: Piece, target: CopyTarget): Promise<PinnedPiece> {
  return pinPiece(pipeline, piece, towardsSource(piece.source, target.bucket, target))
}

/** Throws the refusal again, unless it is about the size of the source. */
async function pinIfTooLarge(
  pipeline: Pipeline,
  piece: Piece,
  target: CopyTarget,
  refusal: unknown,
): Promise<PinnedPiece> {
  if (!isS3Error(refusal) || !perhapsTooLarge.has(refusal.code)) return asCopyFails(refusal)
  const pinned = await pin(pipeline, piece, target).catch((error: unknown) => {
    // HEAD cannot say why it refuses; the first refusal did.
    throw isS3Error(error) ? refusal : error
  })
  if (refusal.code === 'EntityTooLarge' || pinned.length > maxPartBytes) return pinned
  throw refusal
}

async function copyLarge(
  pipeline: Pipeline,
  target: CopyTarget,
  piece: PinnedPiece,
): Promise<CopyObjectResult> {
  const made = await copyInParts(pipeline, target, [piece], 'source')
  const lastModified = await checkCopy(pipeline, target, made.etag, piece)
  const copied = { ...made, lastModified, sourceVersionId: piece.versionId }
  noteLeftUpload(copied, leftUpload(made))
  return copied
}

/**
 * When the copy was made, which completing an upload does not tell. Nothing that goes wrong here
 * undoes the copy.
 *
 * @throws IntegrityError when the copy has another size than its source
 */
async function checkCopy(
  pipeline: Pipeline,
  target: CopyTarget,
  etag: string,
  { length }: PinnedPiece,
): Promise<Date | undefined> {
  const sse = target.sse instanceof SseCustomerKey ? target.sse : undefined
  const request = statObject(target.bucket, target.object, { sse, conditions: { ifMatch: etag } })
  const stat = await pipeline.send(request, target).catch(() => undefined)
  if (stat?.etag === etag && stat.sizeBytes !== length) {
    throw new IntegrityError(`the copy has ${stat.sizeBytes} bytes, its source ${length}`)
  }
  return stat?.lastModified
}
