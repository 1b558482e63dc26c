import { checkBoolean, checkBucket, checkObject } from '../checks.ts'
import type { CallOptions } from '../options.ts'
import type { S3Request } from '../request/request.ts'
import { headerValue } from '../transport/transport.ts'
import { versionQuery } from './get-object.ts'

/** Options of `removeObject`. */
export interface RemoveObjectOptions extends CallOptions {
  /** Removes this version for good; without it a versioned bucket gains a delete marker. */
  readonly versionId?: string | undefined
  /** Removes a version under governance retention; needs the right to. */
  readonly bypassGovernance?: boolean | undefined
}

/** What a store says of a removal. */
export interface RemoveResult {
  /** The version that was removed, or that of the new delete marker. */
  readonly versionId: string | undefined
  /** Whether what was removed or made is a delete marker. */
  readonly isDeleteMarker: boolean
}

/** The header that asks for a version under governance retention; none by default. */
export function governanceHeaders(bypass: boolean | undefined): Record<string, string> {
  return bypass === true ? { 'x-amz-bypass-governance-retention': 'true' } : {}
}

/** DeleteObject. Sending it twice is no harm but for a second delete marker. */
export function removeObject(
  bucket: string,
  object: string,
  options: RemoveObjectOptions,
): S3Request<RemoveResult> {
  checkBucket(bucket)
  checkObject(object)
  checkBoolean('bypassGovernance', options.bypassGovernance)
  return {
    operation: 'DeleteObject',
    method: 'DELETE',
    bucket,
    object,
    query: versionQuery(options.versionId),
    headers: governanceHeaders(options.bypassGovernance),
    idempotent: true,
    read: (reply) => ({
      versionId: headerValue(reply.headers, 'x-amz-version-id'),
      isDeleteMarker: headerValue(reply.headers, 'x-amz-delete-marker') === 'true',
    }),
  }
}
