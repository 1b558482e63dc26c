import {
  deleteObjectsDocument,
  deleteResultDocument,
  errorCodes,
  objectKeyProblem,
  type DeletedObject,
  type DeleteFailure,
  type ErrorCode,
  type ObjectIdentifier,
} from '@stowage/protocol'

import { authorize } from '../authorize.ts'
import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import { existing, type Precondition } from '../store/objects.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxObjects = 1000
const maxDocumentBytes = 2 * 1024 * 1024

export const deleteObjects: Operation = { action: 's3:DeleteObject', hasBody: true, run }

async function run(context: OperationContext): Promise<Reply> {
  context.server.store.buckets.get(context.bucket)
  const source = await readDocument(context, { maxBytes: maxDocumentBytes, needsChecksum: true })
  const { objects, quiet } = parseDocument(deleteObjectsDocument, source)
  if (objects.length === 0 || objects.length > maxObjects) throw new S3Failure('MalformedXML')
  const deleted: DeletedObject[] = []
  const errors: DeleteFailure[] = []
  for (const wanted of objects) {
    const code = await removeOne(context, wanted)
    const { object, versionId } = wanted
    if (code !== undefined) {
      errors.push({ object, versionId, code, message: errorCodes[code].message })
    } else if (quiet !== true) deleted.push({ object, versionId })
  }
  return xmlReply(deleteResultDocument, { deleted, errors })
}

/** @returns why the object is still there; undefined when it is gone */
async function removeOne(
  context: OperationContext,
  wanted: ObjectIdentifier,
): Promise<ErrorCode | undefined> {
  const { server, identity, bucket } = context
  const key = wanted.object
  const refusal = authorize(identity, { action: deleteObjects.action, bucket, key })
  if (refusal !== undefined) return refusal.code
  if (objectKeyProblem(key) !== undefined)
    return key === '' ? 'UserKeyMustBeSpecified' : 'KeyTooLongError'
  if (wanted.versionId !== undefined && wanted.versionId !== 'null') return 'NoSuchVersion'
  try {
    await server.store.objects.remove(bucket, key, preconditionOf(wanted))
    return undefined
  } catch (error) {
    if (error instanceof S3Failure) return error.code
    throw error
  }
}

function preconditionOf(wanted: ObjectIdentifier): Precondition {
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
