import { checkBucket, checkInteger, checkObject } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import {
  newObjectHeaders,
  putObject,
  type NewObjectOptions,
  type PutResult,
} from '../operations/put-object.ts'
import type { CallOptions } from '../options.ts'
import { checkCall } from '../pipeline/call-check.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { BytesBody } from '../request/body.ts'
import {
  checksumPlan,
  type ChecksumAlgorithm,
  type ChecksumOptions,
  type ChecksumPlan,
} from '../request/checksum.ts'
import { conditionHeaders, type Conditions } from '../request/conditions.ts'
import { BlobBody, bytesOf, type ObjectData } from '../request/source-body.ts'
import { sourceOf } from '../request/source.ts'
import { SseCustomerKey } from '../request/sse.ts'
import { BufferPool } from './buffer-pool.ts'
import {
  checkHeldPart,
  defaultPartBytes,
  growingPartSize,
  streamPartBytes,
  maxHeldPartBytes,
  maxObjectBytes,
  partSizeFor,
} from './part-sizes.ts'
import { asksForLock } from './lock-digest.ts'
import type { PartSource } from './part-source.ts'
import type { OnProgress } from './progress.ts'
import { SlicedSource } from './sliced-source.ts'
import { StreamSource } from './stream-source.ts'
import { checkPartOptions, concurrencyOf } from './transfer-options.ts'
import { Upload, type UploadPlan } from './upload.ts'

/** How an upload is done. */
export interface UploadOptions {
  /**
   * Bytes of a part, 5 MiB to 5 GiB. Default: 16 MiB, or 8 MiB where the length is not known; more
   * where 10,000 parts would not do.
   * What fits into one part goes in one request. Parts of streams and bytes are held in memory,
   * and are less than 2 GiB; of files, parts of more than 64 MiB are not.
   */
  readonly partSize?: number | undefined
  /** Parts at the same time, 1 to 64. Default 4. */
  readonly concurrency?: number | undefined
  /** Told after each part: once for what goes in one request. */
  readonly onProgress?: OnProgress | undefined
  /**
   * The checksum that travels with the data, which a store that knows checksums compares and
   * keeps: `'CRC32C'`, or an object that says more. Default: none, since stores other than Amazon's
   * may break on it. The result tells what the store keeps; one that ignores checksums tells none.
   */
  readonly checksum?: ChecksumAlgorithm | ChecksumOptions | undefined
}

/** Options of `putObject`. */
export interface PutObjectOptions extends CallOptions, NewObjectOptions, UploadOptions {
  /** Number of bytes of `data`; checked. Streams may leave it out. */
  readonly length?: number | undefined
  /** Write only if these hold; S3 answers 412 `PreconditionFailed` otherwise. */
  readonly conditions?: Pick<Conditions, 'ifMatch' | 'ifNoneMatch'> | undefined
}

/** Checks what is uploaded where and how, whatever the source. */
export function uploadPlan(
  bucket: string,
  object: string,
  options: Omit<PutObjectOptions, 'length'>,
): UploadPlan {
  checkBucket(bucket)
  checkObject(object)
  checkCall(options)
  checkPartOptions(options)
  const { sse, tags, onProgress } = options
  return {
    bucket,
    object,
    headers: newObjectHeaders(options),
    conditions: conditionHeaders(options.conditions),
    sseC: sse instanceof SseCustomerKey ? sse : undefined,
    tags,
    concurrency: concurrencyOf(options),
    onProgress,
    checksum: chosenChecksum(options),
  }
}

const checksumHeader = /^x-amz-(checksum-.*|sdk-checksum-algorithm|trailer)$/i

/** Stores refuse a request that names two checksums. */
function chosenChecksum({
  checksum,
  requestHeaders = {},
}: Omit<PutObjectOptions, 'length'>): ChecksumPlan | undefined {
  if (checksum === undefined) return undefined
  const plan = checksumPlan(checksum)
  const second = Object.keys(requestHeaders).find((name) => checksumHeader.test(name))
  if (second === undefined) return plan
  throw new InvalidArgumentError('requestHeaders', `must not hold ${second} beside checksum`)
}

/** Uploads data of any kind: at once where it fits, else in parts. */
export function uploadData(
  pipeline: Pipeline,
  bucket: string,
  object: string,
  data: ObjectData,
  options: PutObjectOptions,
): Promise<PutResult> {
  const plan = uploadPlan(bucket, object, options)
  const { length, partSize } = options
  if (length !== undefined) checkInteger('length', length, 0, maxObjectBytes)
  const bytes = bytesOf(data)
  if (bytes) {
    checkKnownLength(length, bytes.length)
    // The usual case needs none of what follows.
    const isSmall = bytes.length <= Math.min(partSize ?? defaultPartBytes, maxHeldPartBytes)
    if (isSmall && !plan.onProgress && !plan.checksum && !asksForLock(plan.headers)) {
      return pipeline.send(
        putObject(bucket, object, new BytesBody(bytes), plan.headers, plan.conditions),
        options,
      )
    }
  }
  return new Upload(pipeline, plan, partsOf(data, bytes, options), options).run()
}

function checkKnownLength(length: number | undefined, actual: number): void {
  if (length === undefined || length === actual) return
  throw new InvalidArgumentError('length', `is not that of the data, ${actual}`)
}

function partsOf(
  data: ObjectData,
  bytes: Uint8Array | undefined,
  { length, partSize }: PutObjectOptions,
): PartSource {
  if (bytes) {
    const partBytes = partSizeFor(bytes.length, partSize)
    checkHeldPart(Math.min(partBytes, bytes.length), partSize)
    return new SlicedSource(
      bytes.length,
      partBytes,
      (start, end) => new BytesBody(bytes.subarray(start, end)),
    )
  }
  if (data instanceof Blob) {
    checkKnownLength(length, data.size)
    const partBytes = partSizeFor(data.size, partSize)
    return new SlicedSource(
      data.size,
      partBytes,
      (start, end) => new BlobBody(data.slice(start, end)),
    )
  }
  const first =
    length === undefined
      ? (partSize ?? streamPartBytes)
      : Math.min(partSizeFor(length, partSize), Math.max(length, 1))
  checkHeldPart(first, partSize)
  const sizeOfPart =
    length === undefined
      ? (partNumber: number): number => growingPartSize(partNumber, first)
      : (): number => first
  return new StreamSource(sourceOf(data), length, sizeOfPart, new BufferPool())
}
