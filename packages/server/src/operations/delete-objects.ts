import {
  deleteObjectsDocument,
  deleteResultDocument,
  errorCodes,
  objectKeyProblem,
  type DeletedObject,
  type DeleteFailure,
  type ObjectIdentifier,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import { refuseLocked } from '../store/lock-state.ts'
import type { ObjectRecord, VersionRecord } from '../store/object-record.ts'
import { existing, type Removal } from '../store/objects.ts'
import { WorkSlices } from '../work-slices.ts'
import { loadObjectTags, mayBeAllowed } from '../authorize.ts'
import { bypassesGovernance, requireAccess } from './access.ts'
import { announcingRemoval } from './announce.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { isVersionId } from './version-id.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxObjects = 1000
const maxDocumentBytes = 2 * 1024 * 1024

export const deleteObjects: Operation = {
  action: 's3:DeleteObject',
  authorizesItself: true,
  hasBody: true,
  run,
}

async function run(context: OperationContext): Promise<Reply> {
  if (!mayBeAllowed(context, context.bucket)) throw new S3Failure('AccessDenied')
  context.server.store.buckets.get(context.bucket)
  const source = await readDocument(context, { maxBytes: maxDocumentBytes, needsChecksum: true })
  const { objects, quiet } = parseDocument(deleteObjectsDocument, source)
  if (objects.length === 0 || objects.length > maxObjects) throw new S3Failure('MalformedXML')
  const deleted: DeletedObject[] = []
  const errors: DeleteFailure[] = []
  const slices = new WorkSlices(context.server.turns)
  for (const wanted of objects) {
    if (slices.isOver) await slices.nextTurn()
    const { object, versionId } = wanted
    try {
      const removal = await removeOne(context, wanted)
      if (quiet !== true) deleted.push(deletedObject(wanted, removal))
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error
      const { code, details } = error
      const message = details.message ?? errorCodes[code].message
      errors.push({ object, versionId, code, message })
    }
  }
  return xmlReply(deleteResultDocument, { deleted, errors })
}

function deletedObject(
  { object, versionId }: ObjectIdentifier,
  { record }: Removal,
): DeletedObject {
  if (record?.deleteMarker !== true) return { object, versionId }
  return { object, versionId, deleteMarker: true, deleteMarkerVersionId: record.versionId }
}

/** @throws S3Failure: why the object is still there */
async function removeOne(context: OperationContext, wanted: ObjectIdentifier): Promise<Removal> {
  const { server, bucket } = context
  const { object: key, versionId } = wanted
  const action = versionId === undefined ? deleteObjects.action : 's3:DeleteObjectVersion'
  const access = { action, bucket, key, versionId }
  await loadObjectTags(context, access)
  requireAccess(context, access)
  if (objectKeyProblem(key) !== undefined) {
    throw new S3Failure(key === '' ? 'UserKeyMustBeSpecified' : 'KeyTooLongError')
  }
  const precondition = preconditionOf(wanted)
  const { objects } = server.store
  const told = announcingRemoval(context, key)
  if (versionId === undefined) return objects.remove(bucket, key, server.now, precondition, told)
  if (!isVersionId(versionId)) throw new S3Failure('NoSuchVersion')
  const lockKey = {
    nowMs: server.now().getTime(),
    bypassesGovernance: bypassesGovernance(context, key),
  }
  const condition = (found: VersionRecord | undefined): void => {
    precondition(found?.deleteMarker === true ? undefined : found)
    if (found !== undefined) refuseLocked(found, lockKey)
  }
  return objects.removeVersion(bucket, key, versionId, condition, told)
}

function preconditionOf(wanted: ObjectIdentifier): (current: ObjectRecord | undefined) => void {
  const { etag, lastModified, sizeBytes } = wanted
  return (current) => {
    if (etag === undefined && lastModified === undefined && sizeBytes === undefined) return
    const record = existing(current, wanted.object)
    const matches =
      (etag === undefined || etag === '*' || etag === record.etag) &&
      (sizeBytes === undefined || sizeBytes === record.sizeBytes) &&
      (lastModified === undefined || lastModified.getTime() === record.lastModifiedMs)
    if (!matches) throw new S3Failure('PreconditionFailed')
  }
}
