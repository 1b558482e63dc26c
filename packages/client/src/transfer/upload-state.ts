import { createHash } from 'node:crypto'
import type { PartEntry } from '@stowage/protocol'
import { checkArray, checkId, checkInteger, checkRecord } from '../checks.ts'
import { IntegrityError, InvalidArgumentError } from '../errors.ts'
import { listParts } from '../operations/list-parts.ts'
import type { UploadAddress } from '../operations/upload-part.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { RequestBody } from '../request/body.ts'
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
  readonly parts: readonly FinishedPart[]
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
): void {
  checkForm(state)
  if (state.bucket !== bucket || state.object !== object) {
    throw new InvalidArgumentError('resumeFrom', 'is the state of another object')
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
export async function md5Of(body: RequestBody): Promise<string> {
  const hash = createHash('md5')
  const opened = body.open()
  if (opened === null) return hash.digest('hex')
  if (typeof opened === 'string' || opened instanceof Uint8Array) hash.update(opened)
  else for await (const chunk of opened) hash.update(chunk)
  return hash.digest('hex')
}

/**
 * Whether the store already has a part of the source. One that the state does not know, since
 * the end came before it was noted, counts when its ETag is the MD5 of the bytes.
 *
 * @throws IntegrityError when the source is not what was sent
 */
export async function isStored(
  body: RequestBody,
  stored: PartEntry | undefined,
  noted: FinishedPart | undefined,
): Promise<boolean> {
  if (stored === undefined || stored.sizeBytes !== body.lengthBytes) return false
  const md5 = await md5Of(body)
  if (noted === undefined) return stored.etag === md5
  if (noted.md5 === md5) return true
  throw new IntegrityError(`part ${noted.partNumber} of the file changed since it was sent`)
}
