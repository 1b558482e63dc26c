import { S3Failure } from '../failure.ts'
import type { BodyPlan } from '../http/body-plan.ts'
import type { ObjectLock } from '../store/object-record.ts'
import { requireAction } from './access.ts'
import { readObjectAttributes, type ObjectAttributes } from './object-headers.ts'
import type { OperationContext } from './operation.ts'
import { asksForLock, lockOfHeaders } from './upload-lock.ts'

export interface UploadAttributes extends ObjectAttributes {
  readonly lock: ObjectLock | undefined
}

/**
 * Everything that the headers of PutObject and CreateMultipartUpload say of the new version.
 * @throws S3Failure when a header is refused, or may not be used by this sender
 */
export function attributesOfUpload(context: OperationContext): UploadAttributes {
  const attributes = readObjectAttributes(context.request)
  if (attributes.tagging !== undefined) requireAction(context, 's3:PutObjectTagging')
  return { ...attributes, lock: lockOfHeaders(context) }
}

/** Like S3: what cannot be replaced has to arrive undamaged. @throws S3Failure InvalidRequest */
export function refuseLockWithoutDigest(context: OperationContext, plan: BodyPlan): void {
  if (!asksForLock(context) || plan.md5 !== undefined || plan.checksum !== undefined) return
  throw new S3Failure('InvalidRequest', {
    message:
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with ' +
      'Object Lock parameters',
  })
}
