import { versioningDocument } from '@stowage/protocol'

import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { xmlReply } from './xml.ts'

export const getBucketVersioning: Operation = {
  action: 's3:GetBucketVersioning',
  hasBody: false,
  run,
}

/** The empty configuration: versioning was never turned on, as it cannot be yet. */
function run({ server, bucket }: OperationContext): Reply {
  server.store.buckets.get(bucket)
  return xmlReply(versioningDocument, { excludedPrefixes: [] })
}
