import { createBucketDocument, encodeXml } from '@stowage/protocol'
import { BytesBody } from '../request/body.ts'
import { checkBoolean, checkNewBucket, checkRegion } from '../checks.ts'
import { defaultRegion, type CallOptions } from '../options.ts'
import type { S3Request } from '../request/request.ts'

/** Options of `makeBucket`. */
export interface MakeBucketOptions extends CallOptions {
  /** Where the bucket shall live. Default: the client's region. */
  readonly region?: string | undefined
  /** Keeps versions that nobody can remove before their time; cannot be turned off later. */
  readonly objectLock?: boolean | undefined
}

/** CreateBucket. A request to the default region carries no body, as S3 wants it. */
export function makeBucket(
  bucket: string,
  region: string,
  options: MakeBucketOptions,
): S3Request<void> {
  checkNewBucket(bucket)
  checkRegion(region)
  checkBoolean('objectLock', options.objectLock)
  const document = encodeXml(createBucketDocument, { locationConstraint: region })
  return {
    operation: 'CreateBucket',
    method: 'PUT',
    bucket,
    headers: options.objectLock === true ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {},
    body: region === defaultRegion ? undefined : new BytesBody(Buffer.from(document)),
    idempotent: true,
    answer: 'nothing',
    pathStyle: true,
    doneCodes: ['BucketAlreadyOwnedByYou'],
    read: () => {},
  }
}
