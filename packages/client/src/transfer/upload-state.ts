import type { PartEntry } from '@stowage/protocol'
import { checkArray, checkId, checkInteger, checkRecord } from '../checks.ts'
import { IntegrityError, InvalidArgumentError } from '../errors.ts'
import { listParts } from '../operations/list-parts.ts'
import type { UploadAddress } from '../operations/upload-part.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { RequestBody } from '../request/body.ts'
import { digestOf } from '../request/body-digest.ts'
import type { ChecksumPlan } from '../request/checksum.ts'
import type { FileIdentity } from './file-source.ts'
import { checkPartSize, maxParts } from './part-sizes.ts'

/** A part that a store has. */
export interface FinishedPart {
  readonly partNumber: number
  readonly etag: string
  readonly sizeBytes: number
  /** Of the bytes as they were sent, in hex: an ETag is not always that. */
  readonly md5: string
}

/** How far an upload is: JSON that `resumeFrom` takes. It holds no secret. */
export interface UploadState {
  readonly version: 1
  readonly bucket: string
  readonly object: string
  readonly uploadId: string
  readonly partSize: number
  readonly source: FileIdentity
  /** The checksum that the upload began with; absent for none. */
  readonly checksum?: StateChecksum | undefined
  readonly parts: readonly FinishedPart[]
}

/** The checksum of an upload in parts, which cannot change any more. */
export interface StateChecksum {
  readonly algorithm: string
  readonly type: string
}

/**
 * Checks a state against what it is to go on with.
 *
 * @throws InvalidArgumentError naming `resumeFrom`
 * @throws IntegrityError when the file is not the one of the state
 */
export function checkState(
  state: UploadState,
  bucket: string,
  object: string,
  source: FileIdentity,
  checksum: ChecksumPlan | undefined,
): void {
  checkForm(state)
  if (state.bucket !== bucket || state.object !== object) {
    throw new InvalidArgumentError('resumeFrom', 'is the state of another object')
  }
  const { algorithm, type } = state.checksum ?? {}
  if (algorithm !== checksum?.algorithm || type !== checksum?.type) {
    throw new InvalidArgumentError('checksum', 'must be the one that the upload began with')
  }
  const { sizeBytes, mtimeNs } = state.source
  if (sizeBytes !== source.sizeBytes || mtimeNs !== source.mtimeNs) {
    throw new IntegrityError('the file changed since the upload began')
  }
}

/** A state comes from wherever the caller kept it. */
function checkForm(state: UploadState): void {
  checkRecord('resumeFrom', state)
  checkArray('resumeFrom.parts', state.parts)
  if (state.version !== 1 || state.parts.length > maxParts) {
    throw new InvalidArgumentError('resumeFrom', 'must be a state that onState gave')
  }
  checkId('resumeFrom.uploadId', state.uploadId)
  checkPartSize(state.partSize, 'resumeFrom.partSize')
  checkRecord('resumeFrom.source', state.source)
  if (state.checksum !== undefined) checkRecord('resumeFrom.checksum', state.checksum)
  for (const part of state.parts) {
    checkRecord('resumeFrom.parts', part)
    checkInteger('resumeFrom.parts', part.partNumber, 1, maxParts)
  }
}

/** The parts that the store has of an upload, by number. */
export async function storedParts(
  pipeline: Pipeline,
  address: UploadAddress,
  headers: Readonly<Record<string, string>>,
  options: CallOptions,
): Promise<Map<number, PartEntry>> {
  const parts = new Map<number, PartEntry>()
  let marker: number | undefined
  do {
    const page = await pipeline.send(listParts(address, marker, headers), options)
    for (const part of page.entries) parts.set(part.partNumber, part)
    if (page.next !== undefined && page.next <= (marker ?? 0)) {
      throw new IntegrityError('the store lists parts in circles')
    }
    marker = page.next
  } while (marker !== undefined)
  return parts
}

/**
 * @throws IntegrityError when the store's parts are not those of the state: somebody else
 *   has written into the upload
 */
export function checkStoredParts(state: UploadState, stored: ReadonlyMap<number, PartEntry>): void {
  for (const { partNumber, etag, sizeBytes } of state.parts) {
    const found = stored.get(partNumber)
    if (found && (found.etag !== etag || found.sizeBytes !== sizeBytes)) {
      throw new IntegrityError(`part ${partNumber} of the upload is not the one that was sent`)
    }
  }
}

/** The MD5 of a part, in hex. */
export async function md5Of(body: RequestBody, signal: AbortSignal): Promise<string> {
  return Buffer.from(await digestOf('MD5', body, signal)).toString('hex')
}

/**
 * Whether the store already has a part of the source: by its checksum, where the store lists one
 * that can be compared. Otherwise a part that the state does not know, since the end came before
 * it was noted, counts when its ETag is the MD5 of the bytes.
 *
 * @param sameChecksum whether the checksum that the store lists is that of the bytes
 * @throws IntegrityError when the source is not what was sent
 */
export async function isStored(
  body: RequestBody,
  stored: PartEntry | undefined,
  noted: FinishedPart | undefined,
  sameChecksum: boolean | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (stored === undefined || stored.sizeBytes !== body.lengthBytes) return false
  const md5 = await md5Of(body, signal)
  if (noted !== undefined && noted.md5 !== md5) {
    throw new IntegrityError(`part ${noted.partNumber} of the file changed since it was sent`)
  }
  return sameChecksum ?? (noted !== undefined || stored.etag === md5)
}
