import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'

export const headBucket: Operation = { action: 's3:ListBucket', hasBody: false, run }

function run({ server, bucket }: OperationContext): Reply {
  const { region } = server.store.buckets.get(bucket)
  return { status: 200, headers: [['x-amz-bucket-region', region]] }
}
