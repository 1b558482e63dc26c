import { locationDocument } from '@stowage/protocol'

import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { xmlReply } from './xml.ts'

export const getBucketLocation: Operation = {
  action: 's3:GetBucketLocation',
  hasBody: false,
  run,
}

/** us-east-1 has no name here, for a reason older than regions. */
function run({ server, bucket }: OperationContext): Reply {
  const { region } = server.store.buckets.get(bucket)
  return xmlReply(locationDocument, region === 'us-east-1' ? '' : region)
}
