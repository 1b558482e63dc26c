import type { ErrorCode } from '@stowage/protocol'

import { authorize } from '../authorize.ts'
import { S3Failure } from '../failure.ts'
import { readCopySource } from '../http/copy-source-text.ts'
import type { OperationContext } from './operation.ts'

/** Failures that tell what exists, and the permission to know that. */
const revealing: ReadonlyMap<ErrorCode, string> = new Map([
  ['NoSuchKey', 's3:ListBucket'],
  ['NoSuchVersion', 's3:ListBucketVersions'],
])

/**
 * What the sender may learn of a failure: that an object is missing only who may list the bucket.
 * Others read that they are not allowed, as they would where the object exists and they are not.
 */
export function concealed(error: unknown, context: OperationContext): unknown {
  if (!(error instanceof S3Failure)) return error
  const action = revealing.get(error.code)
  if (action === undefined || context.identity.kind === 'root') return error
  const mayList = bucketsOf(context).every(
    // The parameters of the request are not those of a listing.
    (bucket) =>
      authorize({ ...context, query: new Map() }, { action, bucket, key: '' }) === undefined,
  )
  return mayList ? error : new S3Failure('AccessDenied')
}

/** The bucket of the request, and that of the source where it is a copy. */
function bucketsOf({ bucket, request }: OperationContext): readonly string[] {
  const source = request.header('x-amz-copy-source')
  if (source === undefined) return [bucket]
  return [bucket, readCopySource(source)?.location.split('/', 1)[0] ?? '']
}
