import { describeBlobFile, type FoundBlob } from '../blob-file.ts'
import { contentBytes, DamagedBlobError } from '../blobs.ts'
import type { BucketDocuments } from '../bucket-configurations.ts'
import type { Database, Write } from '../database.ts'
import type { FileSystem } from '../file-system.ts'
import { configurationName, partName, uploadName } from '../key-space.ts'
import { KeyVersions, nullVersionId } from '../key-versions.ts'
import type { ObjectDraft, ObjectRecord } from '../object-record.ts'
import { descendingOrder, orderedId } from '../ordered-ids.ts'
import type { BlobFile } from '../quarantine.ts'
import { decodeRecord, encodeRecord } from '../records.ts'
import type { PartRecord } from '../uploads.ts'
import { versioningMode, type VersioningMode } from '../versioning-mode.ts'
import type { RepairedItem } from './repair-report.ts'

export interface FoundBlobsOptions {
  readonly database: Database
  readonly files: FileSystem
  readonly nextSequence: () => number
  readonly newId: () => string
}

/**
 * Makes records for blobs that no record names, from what the blobs say of themselves. What is
 * older than the present state of its key is an older version where the bucket keeps versions;
 * elsewhere it was replaced, and stays without a record.
 */
export class FoundBlobs {
  readonly #options: FoundBlobsOptions

  constructor(options: FoundBlobsOptions) {
    this.#options = options
  }

  /** @returns what was rebuilt, in the order in which it had been written */
  async restore(blobs: readonly BlobFile[]): Promise<readonly RepairedItem[]> {
    const found: FoundBlob[] = []
    for (const blob of blobs) found.push(...(await this.#describe(blob)))
    found.sort((a, b) => a.description.writtenMs - b.description.writtenMs)
    const items: RepairedItem[] = []
    for (const blob of found) items.push(...(await this.#restore(blob)))
    return items
  }

  /** Nothing for a file that is not a whole blob. */
  async #describe({ blob, path }: BlobFile): Promise<readonly FoundBlob[]> {
    try {
      return [await describeBlobFile(this.#options.files, path, blob)]
    } catch (error) {
      if (error instanceof DamagedBlobError) return []
      throw error
    }
  }

  async #restore(blob: FoundBlob): Promise<readonly RepairedItem[]> {
    if (blob.description.part !== undefined) return this.#restorePart(blob)
    return this.#restoreObject(blob)
  }

  async #restoreObject(found: FoundBlob): Promise<readonly RepairedItem[]> {
    const { database, nextSequence } = this.#options
    const { bucket, key, writtenMs, object } = found.description
    if (object === undefined) return []
    const versions = new KeyVersions(database, bucket, key)
    const mode = versioningMode(await this.#versioning(bucket), key)
    const latest = await versions.latest()
    const isLatest = latest === undefined || latest.lastModifiedMs <= writtenMs
    if (!isLatest && mode !== 'enabled') return []
    const sequence = isLatest ? nextSequence() : await placeOf(writtenMs, versions)
    const record = this.#recordOf(found, object, { sequence, mode })
    if (isLatest) await makeLatest(record, versions, mode)
    else versions.keepBehind(record)
    await database.commit(versions.writes)
    return [{ bucket, key, versionId: mode === 'enabled' ? record.versionId : undefined }]
  }

  #recordOf(
    { segment, description }: FoundBlob,
    object: ObjectDraft,
    { sequence, mode }: { readonly sequence: number; readonly mode: VersioningMode },
  ): ObjectRecord {
    const { newId } = this.#options
    return {
      ...object,
      versionId: mode === 'enabled' ? orderedId(descendingOrder(sequence), newId()) : nullVersionId,
      sequence,
      lastModifiedMs: description.writtenMs,
      sizeBytes: contentBytes(segment),
      segments: [segment],
    }
  }

  async #versioning(bucket: string): Promise<BucketDocuments['versioning'] | undefined> {
    const name = configurationName(bucket, 'versioning')
    const bytes = await this.#options.database.get(name)
    return bytes === undefined ? undefined : decodeRecord(name, bytes)
  }

  /** A part comes back together with its upload, which a client may complete or abort. */
  async #restorePart({ segment, description }: FoundBlob): Promise<readonly RepairedItem[]> {
    const { database } = this.#options
    const { bucket, key, writtenMs, part } = description
    if (part === undefined) return []
    const { upload, partNumber, etag, checksums } = part
    const { uploadId } = upload
    const name = partName(uploadId, partNumber)
    const present = await database.get(name)
    if (present !== undefined) {
      const { lastModifiedMs } = decodeRecord<PartRecord>(name, present)
      if (lastModifiedMs > writtenMs) return []
    }
    const object = await new KeyVersions(database, bucket, key).current()
    if (object?.uploadId === uploadId) return []
    const record: PartRecord = {
      etag,
      checksums,
      partNumber,
      sizeBytes: contentBytes(segment),
      lastModifiedMs: writtenMs,
      segments: [segment],
    }
    const put = (at: string, value: object): Write => ({
      type: 'put',
      key: at,
      value: encodeRecord(at, value),
    })
    await database.commit([put(uploadName(bucket, key, uploadId), upload), put(name, record)])
    return [{ bucket, key, uploadId, partNumber }]
  }
}

/** Makes a version the current one, in place of what it replaced. */
async function makeLatest(
  record: ObjectRecord,
  versions: KeyVersions,
  mode: VersioningMode,
): Promise<void> {
  const current = await versions.current()
  const replaced = mode === 'enabled' ? undefined : await versions.find(nullVersionId)
  if (current !== undefined && current.sequence !== replaced?.sequence) {
    versions.keepBehind(current)
  }
  if (replaced !== undefined) versions.takeFromBehind(replaced)
  versions.makeCurrent(record)
}

/** A sequence for a version that was written at this time, before those that are newer. */
async function placeOf(writtenMs: number, versions: KeyVersions): Promise<number> {
  const current = await versions.current()
  const older = await versions.older(Infinity)
  const all = current === undefined ? older : [current, ...older]
  const newer = all.filter(({ lastModifiedMs }) => lastModifiedMs > writtenMs)
  const taken = new Set(all.map(({ sequence }) => sequence))
  let place = newer.reduce((least, { sequence }) => Math.min(least, sequence), Infinity) - 1
  while (taken.has(place)) place -= 1
  return place
}
