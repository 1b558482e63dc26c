import type { Reply } from '../http/reply.ts'
import { writePrecondition } from './conditions.ts'
import type { Operation, OperationContext } from './operation.ts'
import { requireNullVersion } from './version-id.ts'

export const deleteObject: Operation = { action: 's3:DeleteObject', hasBody: false, run }

/** Deleting what is not there is done already: 204 as well. */
async function run(context: OperationContext): Promise<Reply> {
  const { server, request, bucket, key } = context
  server.store.buckets.get(bucket)
  requireNullVersion(context)
  await server.store.objects.remove(bucket, key, writePrecondition(request, key))
  return { status: 204 }
}
