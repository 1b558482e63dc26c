import { quoteEtag } from '@stowage/protocol'
import {
  IntegrityError,
  InvalidArgumentError,
  InvalidResponseError,
  isS3Error,
  S3Error,
} from '../errors.ts'
import { statCopySource } from '../operations/stat-copy-source.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Conditions } from '../request/conditions.ts'
import { copySourceHeader, type CopySource } from '../request/copy-source.ts'
import type { SseCustomerKey } from '../request/sse.ts'
import type { Stretch } from './copy-ranges.ts'
import type { StoredEncryption } from './kept-encryption.ts'

type Headers = Readonly<Record<string, string>>

/** What is to be copied of one object. */
export interface Piece {
  readonly source: CopySource
  readonly sourceSse: SseCustomerKey | undefined
  readonly conditions: Conditions | undefined
  readonly offset: number
  /** Undefined: up to the end. */
  readonly length: number | undefined
  /** What errors name. */
  readonly argument: string
}

/** The same, of the one object that was there when the copy began. */
export interface PinnedPiece extends Stretch {
  readonly source: CopySource
  readonly sourceSse: SseCustomerKey | undefined
  readonly etag: string
  readonly lastModified: Date | undefined
  /** Of the whole object. */
  readonly sizeBytes: number
  /** Of the object as it was found, whether it was asked for or not. */
  readonly versionId: string | undefined
  readonly isWhole: boolean
  /** What a copy of the object has as well. */
  readonly copiedHeaders: Headers
  readonly encryption: StoredEncryption
  /** What a request needs that copies from it. */
  readonly requestHeaders: Headers
}

/** The region that a caller names is that of the target. */
export function towardsSource(
  { bucket }: CopySource,
  target: string,
  call: CallOptions,
): CallOptions {
  return bucket === target ? call : { ...call, region: undefined }
}

/**
 * Asks for an object and holds on to what is there now.
 *
 * @throws InvalidArgumentError when the piece lies outside of the object
 */
export async function pinPiece(
  pipeline: Pipeline,
  piece: Piece,
  options: CallOptions,
): Promise<PinnedPiece> {
  const { source, sourceSse, conditions, offset } = piece
  const request = statCopySource(source, sourceSse, conditions)
  const { stat, headers } = await pipeline.send(request, options).catch(asCopyFails)
  const { etag, lastModified, versionId, sizeBytes, sseAlgorithm, sseKmsKeyId } = stat
  if (etag === undefined) {
    throw new InvalidResponseError('HeadObject', 'without an ETag, parts may be of two objects')
  }
  const length = lengthWithin(piece, sizeBytes)
  return {
    source,
    sourceSse,
    etag,
    lastModified,
    versionId,
    sizeBytes,
    offset,
    length,
    isWhole: length === sizeBytes,
    copiedHeaders: headers,
    encryption: { algorithm: sseAlgorithm, kmsKeyId: sseKmsKeyId },
    requestHeaders: {
      'x-amz-copy-source': copySourceHeader(source),
      'x-amz-copy-source-if-match': quoteEtag(etag),
      ...sourceSse?.copySourceHeaders(),
    },
  }
}

/** Reading answers 304 to conditions to which copying answers 412; Ceph (18.2) does so to both. */
export function asCopyFails(error: unknown): never {
  if (!isS3Error(error, 'NotModified')) throw error
  const { operation, bucket, key, attempts, requestId, hostId, region, retryAfterMs } = error
  throw new S3Error(error.message, {
    code: 'PreconditionFailed',
    status: 412,
    operation,
    bucket,
    key,
    attempts,
    requestId,
    hostId,
    region,
    retryAfterMs,
  })
}

function lengthWithin({ offset, length, argument }: Piece, sizeBytes: number): number {
  if (offset > 0 && offset >= sizeBytes) {
    throw new InvalidArgumentError(`${argument}.offset`, `must be below the size of ${sizeBytes}`)
  }
  if (length === undefined) return sizeBytes - offset
  if (length <= sizeBytes - offset) return length
  throw new InvalidArgumentError(
    `${argument}.length`,
    `must be at most ${sizeBytes - offset}, which the object has from there`,
  )
}

/**
 * Ceph (18.2) does not heed the conditions of UploadPartCopy, so the object has to be the same at the
 * end as it was at the beginning. A version does not change, but that of id `null` does.
 *
 * @throws S3Error `PreconditionFailed`, or IntegrityError, when the object was replaced
 */
export async function checkUnchanged(
  pipeline: Pipeline,
  { source, sourceSse, etag, lastModified, sizeBytes }: PinnedPiece,
  options: CallOptions,
): Promise<void> {
  if (source.versionId !== undefined && source.versionId !== 'null') return
  const request = statCopySource(source, sourceSse, { ifMatch: etag })
  const { stat } = await pipeline.send(request, options)
  const isSameTime = stat.lastModified?.getTime() === lastModified?.getTime()
  if (stat.etag === etag && isSameTime && stat.sizeBytes === sizeBytes) return
  throw new IntegrityError(`${source.bucket}/${source.object} was replaced while it was copied`)
}
