import type { S3Request } from '../request/request.ts'
import { statObject, type StatObjectOptions } from './stat-object.ts'

/** HeadObject, of which only the outcome counts. A delete marker is no object. */
export function objectExists(
  bucket: string,
  object: string,
  options: StatObjectOptions,
): S3Request<boolean> {
  return {
    ...statObject(bucket, object, options),
    read: () => true,
    absent: { codes: ['NoSuchKey', 'NoSuchVersion'], value: false },
  }
}
