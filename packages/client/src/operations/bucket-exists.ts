import { checkBucket } from '../checks.ts'
import type { S3Request } from '../request/request.ts'

/** HeadBucket. */
export function headBucket(bucket: string): S3Request<boolean> {
  checkBucket(bucket)
  return {
    operation: 'HeadBucket',
    method: 'HEAD',
    bucket,
    idempotent: true,
    answer: 'bucket',
    read: () => true,
    absent: { codes: ['NoSuchBucket'], value: false },
  }
}
