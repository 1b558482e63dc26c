import { checkArray, checkBucket, checkInteger, checkObject, checkProperties } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import { copyHeaders, type CopyTargetOptions } from '../operations/copy-object.ts'
import type { PutResult } from '../operations/put-object.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { conditionHeaders, type Conditions } from '../request/conditions.ts'
import { checkCopySource, type CopySource } from '../request/copy-source.ts'
import { copySourceDecryptionHeaders, type SseCustomerKey } from '../request/sse.ts'
import { copyAnyObject } from './copy-object.ts'
import { pinPiece, towardsSource, type Piece, type PinnedPiece } from './copy-piece.ts'
import { leftUpload, noteLeftUpload } from './left-uploads.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { copyInParts, type CopyTarget, type PartCopyOptions } from './part-copy.ts'
import { maxObjectBytes, maxParts, minPartBytes } from './part-sizes.ts'
import { checkPartOptions, concurrencyOf } from './transfer-options.ts'

/** An object, or a part of one, that becomes part of another. */
export interface ComposeSource extends CopySource {
  /** First byte, from 0. Default 0. AWS takes ranges only of objects of more than 5 MiB. */
  readonly offset?: number | undefined
  /** Number of bytes from `offset`, at least 1. Default: up to the end. */
  readonly length?: number | undefined
  /** The key that a source under SSE-C was written with. */
  readonly sourceSse?: SseCustomerKey | undefined
  /** Use the source only if it fulfils these; the call fails with `PreconditionFailed` otherwise. */
  readonly conditions?: Conditions | undefined
}

/** Options of `composeObject`: what the new object shall have of its own. */
export interface ComposeObjectOptions extends CallOptions, CopyTargetOptions, PartCopyOptions {}

const properties: ReadonlySet<string> = new Set([
  'bucket',
  'object',
  'versionId',
  'offset',
  'length',
  'sourceSse',
  'conditions',
])

/** Makes one object of several that the store has. */
export async function composeObject(
  pipeline: Pipeline,
  bucket: string,
  object: string,
  sources: readonly ComposeSource[],
  options: ComposeObjectOptions,
): Promise<PutResult> {
  checkBucket(bucket)
  checkObject(object)
  copyHeaders(options)
  checkPartOptions(options)
  const pieces = piecesOf(sources)
  const [first] = pieces
  if (pieces.length === 1 && first.offset === 0 && first.length === undefined) {
    const { source, sourceSse, conditions } = first
    const copyOptions = { ...options, sourceSse, conditions }
    const made = await copyAnyObject(pipeline, bucket, object, source, copyOptions)
    const { etag, versionId, checksums, checksumType } = made
    const composed = { etag, versionId, checksums, checksumType }
    noteLeftUpload(composed, leftUpload(made))
    return composed
  }
  const deadline = pipeline.deadline(options, 'UploadPartCopy')
  const target = { ...options, bucket, object, signal: deadline.signal, timeout: 0 }
  try {
    const pinned = await pinAll(pipeline, target, pieces)
    checkSizes(pinned)
    return await copyInParts(pipeline, target, pinned, 'sources')
  } finally {
    deadline.clear()
  }
}

type Some<T> = readonly [T, ...T[]]

/** Checks the sources, and gives what they mean. */
function piecesOf(sources: readonly ComposeSource[]): Some<Piece> {
  checkArray('sources', sources)
  const pieces = sources.slice(0, maxParts + 1).map(pieceOf)
  const [first, ...others] = pieces
  if (first === undefined || pieces.length > maxParts) {
    throw new InvalidArgumentError('sources', `must be 1 to ${maxParts}`)
  }
  return [first, ...others]
}

function pieceOf(composed: ComposeSource, index: number): Piece {
  const argument = `sources[${index}]`
  checkProperties(argument, composed, properties)
  checkCopySource(composed, argument)
  const { bucket, object, versionId, offset = 0, length, sourceSse, conditions } = composed
  checkInteger(`${argument}.offset`, offset, 0, maxObjectBytes)
  if (length !== undefined) checkInteger(`${argument}.length`, length, 1, maxObjectBytes)
  if (sourceSse !== undefined) copySourceDecryptionHeaders(sourceSse, `${argument}.sourceSse`)
  conditionHeaders(conditions, '', `${argument}.conditions`)
  return { source: { bucket, object, versionId }, sourceSse, conditions, offset, length, argument }
}

async function pinAll(
  pipeline: Pipeline,
  target: CopyTarget,
  pieces: Some<Piece>,
): Promise<Some<PinnedPiece>> {
  const pinned: PinnedPiece[] = []
  const pinOne = (piece: Piece, signal: AbortSignal): Promise<PinnedPiece> => {
    const call = towardsSource(piece.source, target.bucket, target)
    return pinPiece(pipeline, piece, { ...call, signal })
  }
  const { signal } = target
  for await (const one of mapConcurrently(pieces, concurrencyOf(target), signal, pinOne)) {
    pinned.push(one)
  }
  const [first, ...others] = pinned
  if (first === undefined) throw new Error('there are as many as there were pieces')
  return [first, ...others]
}

/** The least size is S3's for all parts but the last. */
function checkSizes(pieces: readonly PinnedPiece[]): void {
  const small = pieces.slice(0, -1).findIndex(({ length }) => length < minPartBytes)
  if (small === -1) return
  throw new InvalidArgumentError(
    `sources[${small}]`,
    `must have at least ${minPartBytes} bytes, like all but the last`,
  )
}
