import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'

export const deleteBucket: Operation = { action: 's3:DeleteBucket', hasBody: false, run }

async function run({ server, bucket }: OperationContext): Promise<Reply> {
  await server.store.buckets.remove(bucket)
  return { status: 204 }
}
