import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { uploadAddress } from './upload-address.ts'

export const abortMultipartUpload: Operation = {
  action: 's3:AbortMultipartUpload',
  hasBody: false,
  run,
}

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  await server.store.uploads.abort(uploadAddress(context))
  return { status: 204 }
}
