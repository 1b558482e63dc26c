import { checkBoolean, checkBucket, checkObject, checkProperties } from '../checks.ts'
import type { CallOptions } from '../options.ts'
import { conditionHeaders, type Conditions } from '../request/conditions.ts'
import type { S3Request } from '../request/request.ts'
import { headerValue } from '../transport/transport.ts'
import { versionQuery } from './get-object.ts'

/** Options of `removeObject`. */
export interface RemoveObjectOptions extends CallOptions {
  /** Removes this version for good; without it a versioned bucket gains a delete marker. */
  readonly versionId?: string | undefined
  /** Removes a version under governance retention; needs the right to. */
  readonly bypassGovernance?: boolean | undefined
  /** Removes only if this holds (`ifMatch: '*'`: if there is an object); S3 answers 412 otherwise. */
  readonly conditions?: Pick<Conditions, 'ifMatch'> | undefined
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

const conditionNames: ReadonlySet<string> = new Set(['ifMatch'])

/**
 * DeleteObject. Sending it twice is no harm but for a second delete marker. A conditional one is
 * not sent twice: its own first success would refuse it.
 */
export function removeObject(
  bucket: string,
  object: string,
  options: RemoveObjectOptions,
): S3Request<RemoveResult> {
  checkBucket(bucket)
  checkObject(object)
  checkBoolean('bypassGovernance', options.bypassGovernance)
  const { conditions } = options
  if (conditions !== undefined) checkProperties('conditions', conditions, conditionNames)
  return {
    operation: 'DeleteObject',
    method: 'DELETE',
    bucket,
    object,
    query: versionQuery(options.versionId),
    headers: { ...governanceHeaders(options.bypassGovernance), ...conditionHeaders(conditions) },
    idempotent: conditions === undefined,
    answer: 'nothing',
    read: (reply) => ({
      versionId: headerValue(reply.headers, 'x-amz-version-id'),
      isDeleteMarker: headerValue(reply.headers, 'x-amz-delete-marker') === 'true',
    }),
  }
}
