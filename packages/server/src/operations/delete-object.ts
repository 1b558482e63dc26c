import type { Reply, ReplyHeader } from '../http/reply.ts'
import { refuseLocked } from '../store/lock-state.ts'
import type { Removal } from '../store/objects.ts'
import type { VersionRecord } from '../store/object-record.ts'
import { bypassesGovernance } from './access.ts'
import { announcingRemoval } from './announce.ts'
import { writePrecondition } from './conditions.ts'
import type { Operation, OperationContext } from './operation.ts'
import { requestedVersion } from './version-id.ts'

export const deleteObject: Operation = {
  action: 's3:DeleteObject',
  versionAction: 's3:DeleteObjectVersion',
  hasBody: false,
  run,
}

/** Deleting what is not there is done already: 204 as well. */
async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  const versionId = requestedVersion(context)
  server.store.buckets.get(bucket)
  const removal = await remove(context, versionId)
  return { status: 204, headers: removalHeaders(removal, versionId) }
}

function remove(context: OperationContext, versionId: string | undefined): Promise<Removal> {
  const { server, request, bucket, key } = context
  const { objects } = server.store
  const told = announcingRemoval(context)
  const precondition = writePrecondition(request, key)
  if (versionId === undefined) return objects.remove(bucket, key, server.now, precondition, told)
  const lockKey = {
    nowMs: server.now().getTime(),
    bypassesGovernance: bypassesGovernance(context),
  }
  const condition = (found: VersionRecord | undefined): void => {
    precondition(found?.deleteMarker === true ? undefined : found)
    if (found !== undefined) refuseLocked(found, lockKey)
  }
  return objects.removeVersion(bucket, key, versionId, condition, told)
}

function removalHeaders(
  { record, madeMarker }: Removal,
  versionId: string | undefined,
): readonly ReplyHeader[] {
  const headers: ReplyHeader[] = []
  if (record?.deleteMarker === true) headers.push(['x-amz-delete-marker', 'true'])
  if (madeMarker && record !== undefined) headers.push(['x-amz-version-id', record.versionId])
  else if (versionId !== undefined) headers.push(['x-amz-version-id', versionId])
  return headers
}
