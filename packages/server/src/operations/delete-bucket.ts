import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import { requireAction } from './access.ts'
import type { Operation, OperationContext } from './operation.ts'

export const deleteBucket: Operation = { action: 's3:DeleteBucket', hasBody: false, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  const withObjects = isForced(context)
  await server.store.removeBucket(bucket, { withObjects })
  return { status: 204 }
}

/**
 * MinIO's `x-minio-force-delete`: with everything in it. Like MinIO, not where object lock is on.
 * @throws S3Failure AccessDenied, MethodNotAllowed
 */
function isForced(context: OperationContext): boolean {
  const { server, request, bucket } = context
  if (request.header('x-minio-force-delete')?.toLowerCase() !== 'true') return false
  requireAction(context, 's3:ForceDeleteBucket')
  if (server.store.configurations.find(bucket, 'objectLock') !== undefined) {
    throw new S3Failure('MethodNotAllowed')
  }
  return true
}
