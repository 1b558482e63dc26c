import { InvalidResponseError } from '../errors.ts'
import type { Conditions } from '../request/conditions.ts'
import type { CopySource } from '../request/copy-source.ts'
import type { S3Request } from '../request/request.ts'
import type { SseCustomerKey } from '../request/sse.ts'
import { copiedHeaders } from '../results/copied-headers.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import { headerValue } from '../transport/transport.ts'
import { statObject } from './stat-object.ts'

/** What has to be known of an object to copy it in parts. */
export interface CopySourceStat {
  readonly stat: ObjectStat
  /** What a copy of it has as well, as headers of the request that makes it. */
  readonly headers: Readonly<Record<string, string>>
}

/** HeadObject of what is to be copied. */
export function statCopySource(
  { bucket, object, versionId }: CopySource,
  sse: SseCustomerKey | undefined,
  conditions: Conditions | undefined,
): S3Request<CopySourceStat> {
  const request = statObject(bucket, object, { versionId, sse, conditions })
  return {
    ...request,
    absent: undefined,
    read: (reply) => {
      // A size that is not told reads as 0, and so would be copied.
      if (headerValue(reply.headers, 'content-length') === undefined) {
        throw new InvalidResponseError('HeadObject', 'the size of the source is missing')
      }
      return { stat: request.read(reply), headers: copiedHeaders(reply.headers) }
    },
  }
}
