import { constants } from 'node:fs'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'

import { S3Failure } from '../failure.ts'
import type { BlobWriter, PendingBlob, Segment } from './blobs.ts'
import { syncDirectory } from './sync-directory.ts'
import { smallBlobName } from './key-space.ts'

/** Blobs up to this size are records of the key-value store. */
const smallBlobBytes = 4096

/** Bytes gathered before they are written. */
const gatherBytes = 256 * 1024

export interface FileBlobTarget {
  readonly id: string
  readonly path: string
  readonly sync: boolean
  /** Makes the directory of the file. */
  prepare(): Promise<void>
}

/** Gathers the bytes of one blob; while one batch is on its way to the disk the next one fills. */
export class FileBlobWriter implements BlobWriter {
  readonly #target: FileBlobTarget
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #sizeBytes = 0
  #crc32 = 0
  #handle: FileHandle | undefined
  #writing: Promise<void> | undefined

  constructor(target: FileBlobTarget) {
    this.#target = target
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#gathered.push(bytes)
    this.#gatheredBytes += bytes.length
    this.#sizeBytes += bytes.length
    this.#crc32 = crc32(bytes, this.#crc32)
    if (this.#gatheredBytes < gatherBytes) return undefined
    const before = this.#writing
    this.#flush()
    return before
  }

  #flush(): void {
    const batch = this.#gathered
    const before = this.#writing
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#writing = this.#writeBatch(before, batch)
    // Whoever waits next gets the failure; until then it must not count as unhandled.
    this.#writing.catch(() => undefined)
  }

  async #writeBatch(before: Promise<void> | undefined, batch: Uint8Array[]): Promise<void> {
    await before
    try {
      this.#handle ??= await this.#create()
      await writeAll(this.#handle, batch)
    } catch (error) {
      throw storageFailure(error)
    }
  }

  async #create(): Promise<FileHandle> {
    await this.#target.prepare()
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
    return open(this.#target.path, flags, 0o600)
  }

  async finish(): Promise<PendingBlob> {
    const { id } = this.#target
    const segment = { blob: id, sizeBytes: this.#sizeBytes, crc32: this.#crc32 }
    if (this.#writing === undefined && this.#sizeBytes <= smallBlobBytes) {
      const value = Buffer.concat(this.#gathered)
      const small: Segment = { ...segment, place: 'level' }
      return { segment: small, writes: [{ type: 'put', key: smallBlobName(id), value }] }
    }
    this.#flush()
    await this.#writing
    await this.#settle()
    return { segment: { ...segment, place: 'file' }, writes: [] }
  }

  /** The data first, then the name of the file: behind this a commit may name it. */
  async #settle(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    try {
      if (this.#target.sync) await handle?.sync()
    } catch (error) {
      throw storageFailure(error)
    } finally {
      await handle?.close()
    }
    if (this.#target.sync) await syncDirectory(dirname(this.#target.path))
  }

  async discard(): Promise<void> {
    this.#gathered = []
    if (this.#writing === undefined) return
    await this.#writing.catch(() => undefined)
    await this.#handle?.close()
    await unlink(this.#target.path).catch(() => undefined)
  }
}

/** `writev` may stop early, above all when the disk gets full. */
async function writeAll(handle: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let left = batch.filter((bytes) => bytes.length > 0)
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left)
    left = behind(left, bytesWritten)
  }
}

function behind(batch: Uint8Array[], bytesWritten: number): Uint8Array[] {
  let skip = bytesWritten
  let index = 0
  for (const bytes of batch) {
    if (skip < bytes.length) break
    skip -= bytes.length
    index += 1
  }
  const rest = batch.slice(index)
  const first = rest[0]
  if (first !== undefined && skip > 0) rest[0] = first.subarray(skip)
  return rest
}

const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** A full disk is told as MinIO tells it; anything else is for the operator. */
function storageFailure(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return fullCodes.has(code) ? new S3Failure('XMinioStorageFull') : error
}
