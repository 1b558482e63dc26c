import { checkBoolean, checkBucket, checkObject } from '../checks.ts'
import { conditionHeaders, type Conditions } from '../request/conditions.ts'
import { readObjectStat, type ObjectStat } from '../results/object-stat.ts'
import type { CallOptions } from '../options.ts'
import type { S3Request } from '../request/request.ts'
import { decryptionHeaders, type SseCustomerKey } from '../request/sse.ts'
import { readQuery } from './get-object.ts'

/** Options of `statObject`. */
export interface StatObjectOptions extends CallOptions {
  /** The key that an object under SSE-C was written with. */
  readonly sse?: SseCustomerKey | undefined
  readonly versionId?: string | undefined
  /** Asks by this part, from 1, which is what makes stores tell `partsCount`. */
  readonly partNumber?: number | undefined
  /** Answer only if these hold; S3 answers 412 or 304 otherwise. */
  readonly conditions?: Conditions | undefined
  /** Asks for the checksums that the store keeps. Default false: some stores do not know it. */
  readonly withChecksums?: boolean | undefined
}

/** HeadObject. */
export function statObject(
  bucket: string,
  object: string,
  options: StatObjectOptions,
): S3Request<ObjectStat> {
  checkBucket(bucket)
  checkObject(object)
  checkBoolean('withChecksums', options.withChecksums)
  const headers = conditionHeaders(options.conditions)
  if (options.sse !== undefined) Object.assign(headers, decryptionHeaders(options.sse))
  if (options.withChecksums === true) headers['x-amz-checksum-mode'] = 'ENABLED'
  return {
    operation: 'HeadObject',
    method: 'HEAD',
    bucket,
    object,
    query: readQuery(options),
    headers,
    idempotent: true,
    answer: 'object',
    read: (reply) => readObjectStat(bucket, object, reply.headers),
  }
}
