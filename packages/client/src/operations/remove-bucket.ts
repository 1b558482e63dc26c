import { checkBucket } from '../checks.ts'
import type { S3Request } from '../request/request.ts'

/** DeleteBucket. */
export function removeBucket(bucket: string): S3Request<void> {
  checkBucket(bucket)
  return {
    operation: 'DeleteBucket',
    method: 'DELETE',
    bucket,
    idempotent: true,
    answer: 'nothing',
    doneCodes: ['NoSuchBucket'],
    read: () => {},
  }
}
