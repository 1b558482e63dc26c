import { mkdir, stat } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { checkBoolean, checkFunction, checkInteger, checkPath } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import { statObject, type StatObjectOptions } from '../operations/stat-object.ts'
import type { CallOptions } from '../options.ts'
import { checkCall } from '../pipeline/call-check.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { SseCustomerKey } from '../request/sse.ts'
import type { Verification } from '../results/content-check.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import { Download } from './download.ts'
import { DownloadRecord, type DownloadIdentity } from './download-record.ts'
import { commonPartBytes, compositeParts } from './object-parts.ts'
import { defaultPartBytes, maxPartBytes } from './part-sizes.ts'
import { PartialFile } from './partial-file.ts'
import type { OnProgress } from './progress.ts'
import { adoptPartial, removeStalePartials } from './resumable-files.ts'
import { concurrencyOf } from './transfer-options.ts'

/** Options of `fGetObject`. */
export interface FGetObjectOptions extends CallOptions {
  readonly versionId?: string | undefined
  /** The key that an object under SSE-C was written with. */
  readonly sse?: SseCustomerKey | undefined
  /**
   * Bytes of one range, at least 64 KiB. Default 16 MiB. An object with a composite checksum is
   * read by the parts that it was uploaded in, where the store tells them and they are all alike.
   */
  readonly partSize?: number | undefined
  /** Ranges at the same time, 1 to 64. Default 4. */
  readonly concurrency?: number | undefined
  readonly onProgress?: OnProgress | undefined
  /**
   * Keeps what has arrived when the download fails or its process is killed, and goes on from
   * there the next time, if the object is still the same. Default false.
   */
  readonly resume?: boolean | undefined
}

/** What was downloaded. */
export interface DownloadResult extends ObjectStat {
  /** What the content was compared with, beside its length. */
  readonly verifiedBy: Verification
}

const minRangeBytes = 64 * 1024

/** Downloads an object into a file. */
export async function downloadFile(
  pipeline: Pipeline,
  bucket: string,
  object: string,
  path: string,
  options: FGetObjectOptions,
): Promise<DownloadResult> {
  checkCall(options)
  const { partSize = defaultPartBytes, resume } = options
  checkPath(path)
  checkFunction('onProgress', options.onProgress)
  checkInteger('partSize', partSize, minRangeBytes, maxPartBytes)
  const concurrency = concurrencyOf(options)
  checkBoolean('resume', resume)
  await checkPlace(path)
  const deadline = pipeline.deadline(options, 'GetObject')
  const call: StatObjectOptions = { ...options, signal: deadline.signal, timeout: 0 }
  const request = statObject(bucket, object, { ...call, withChecksums: true })
  try {
    const stat = await pipeline.send(request, call)
    await mkdir(dirname(path), { recursive: true })
    const partSizes = await compositeParts(pipeline, stat, call)
    const commonBytes = commonPartBytes(partSizes)
    const rangeBytes = commonBytes ?? partSize
    const identity = identityOf(stat, rangeBytes)
    const file = await partialFor(path, resume === true ? identity : undefined)
    const download = new Download(pipeline, stat, file, {
      ...call,
      partSize: rangeBytes,
      partSizes,
      byParts: commonBytes !== undefined,
      concurrency,
      onProgress: options.onProgress,
      record: resume === true && identity ? new DownloadRecord(file.handle, identity) : undefined,
    })
    return { ...stat, verifiedBy: await download.run() }
  } finally {
    deadline.clear()
  }
}

function identityOf(stat: ObjectStat, partBytes: number): DownloadIdentity | undefined {
  const { bucket, object, etag, versionId, sizeBytes } = stat
  return etag === undefined ? undefined : { bucket, object, etag, versionId, sizeBytes, partBytes }
}

/** The file takes the place of what is there: of `/dev/null`, for one, that would be a disaster. */
async function checkPlace(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === false || path.endsWith('/') || path.endsWith(sep)) {
    throw new InvalidArgumentError('path', 'is that of a folder, a device or the like, not a file')
  }
}

async function partialFor(
  path: string,
  identity: DownloadIdentity | undefined,
): Promise<PartialFile> {
  const adopted = identity && (await adoptPartial(path, identity))
  await removeStalePartials(path, Date.now())
  if (adopted) return adopted
  const file = await PartialFile.create(path)
  if (identity === undefined) return file
  try {
    await new DownloadRecord(file.handle, identity).begin()
    return file
  } catch (error) {
    await file.discard()
    throw error
  }
}
