import { isS3Error } from '../errors.ts'
import {
  getObjectParts,
  readObjectParts,
  type ObjectPartsPage,
} from '../operations/get-object-parts.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { SseCustomerKey } from '../request/sse.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import type { BodyStream } from '../transport/transport.ts'
import { compositeChecksumOf } from './download-check.ts'

/** What parts an object is asked for with. */
export interface PartsOptions extends CallOptions {
  readonly sse?: SseCustomerKey | undefined
  readonly versionId?: string | undefined
}

/** A page of 1,000 parts has a quarter of that. */
const maxPageBytes = 1024 * 1024

/**
 * The sizes of the parts that an object has a composite checksum of; undefined where there is no
 * such checksum, or where the store does not tell its parts, which not every one can and not every
 * caller may ask for.
 */
export async function compositeParts(
  pipeline: Pipeline,
  stat: ObjectStat,
  options: PartsOptions,
): Promise<readonly number[] | undefined> {
  const composite = compositeChecksumOf(stat)
  if (composite === undefined) return undefined
  const sizes = await toldSizes(pipeline, stat, options).catch((error: unknown) => {
    if (isS3Error(error)) return undefined
    throw error
  })
  if (sizes === undefined || sizes.length === 0) return undefined
  if (composite.parts !== undefined && composite.parts !== sizes.length) return undefined
  return sizes.reduce((sum, size) => sum + size, 0) === stat.sizeBytes ? sizes : undefined
}

async function toldSizes(
  pipeline: Pipeline,
  stat: ObjectStat,
  options: PartsOptions,
): Promise<readonly number[] | undefined> {
  const sizes: number[] = []
  let marker: number | undefined
  for (;;) {
    const headers = options.sse?.headers() ?? {}
    const request = getObjectParts(stat.bucket, stat.object, options.versionId, marker, headers)
    const page = await readPage(await pipeline.sendStream(request, options))
    // It is of another object when that has taken its place.
    if (page === undefined || page.etag !== stat.etag) return undefined
    for (const size of page.sizes) {
      if (size === undefined) return undefined
      sizes.push(size)
    }
    if (page.next === undefined) return sizes
    // A marker that does not move on would end the listing never.
    if (page.next <= (marker ?? 0)) return undefined
    marker = page.next
  }
}

async function readPage(body: BodyStream): Promise<ObjectPartsPage | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (let chunk = await body.read(); chunk; chunk = await body.read()) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes <= maxPageBytes) continue
    body.cancel()
    return undefined
  }
  return readObjectParts(Buffer.concat(chunks).toString('utf8'))
}

/** The size of parts that are all alike but the last, which may be smaller. */
export function commonPartBytes(sizes: readonly number[] | undefined): number | undefined {
  const [first, ...others] = sizes ?? []
  const last = others.pop() ?? 0
  const alike = first !== undefined && last <= first && others.every((size) => size === first)
  return alike && first > 0 ? first : undefined
}
