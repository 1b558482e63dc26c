import {
  legalHoldDocument,
  retentionDocument,
  type LegalHold,
  type Retention,
} from '@stowage/protocol'

import type { EventName } from '../events/event-names.ts'
import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import { checkNewRetention, type LockKey, type NewRetention } from '../store/lock-state.ts'
import type { ObjectLock, ObjectRecord, VersionRecord } from '../store/object-record.ts'
import { bypassesGovernance } from './access.ts'
import { announce, announcing } from './announce.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { requireLockedBucket } from './upload-lock.ts'
import { presentObject, requestedVersion, versionHeaders } from './version-id.ts'
import { parseDocument, xmlReply } from './xml.ts'

const documentRules = { maxBytes: 64 * 1024, needsChecksum: true } as const

export const getObjectRetention: Operation = {
  action: 's3:GetObjectRetention',
  hasBody: false,
  run: getRetention,
}

export const putObjectRetention: Operation = {
  action: 's3:PutObjectRetention',
  hasBody: true,
  run: putRetention,
}

export const getObjectLegalHold: Operation = {
  action: 's3:GetObjectLegalHold',
  hasBody: false,
  run: getLegalHold,
}

export const putObjectLegalHold: Operation = {
  action: 's3:PutObjectLegalHold',
  hasBody: true,
  run: putLegalHold,
}

async function getRetention(context: OperationContext): Promise<Reply> {
  const { mode, retainUntilMs } = await lockOf(context, 's3:ObjectAccessed:GetRetention')
  if (mode === undefined || retainUntilMs === undefined) throw withoutLock()
  return xmlReply(retentionDocument, { mode, retainUntilDate: new Date(retainUntilMs) })
}

async function getLegalHold(context: OperationContext): Promise<Reply> {
  const { legalHold } = await lockOf(context, 's3:ObjectAccessed:GetLegalHold')
  if (legalHold === undefined) throw withoutLock()
  const hold: LegalHold = { status: legalHold ? 'ON' : 'OFF' }
  return xmlReply(legalHoldDocument, hold)
}

function withoutLock(): S3Failure {
  return new S3Failure('NoSuchObjectLockConfiguration')
}

async function lockOf(context: OperationContext, event: EventName): Promise<ObjectLock> {
  const { server, bucket, key } = context
  const versionId = requestedVersion(context)
  server.store.buckets.get(bucket)
  requireLockedBucket(server, bucket)
  const found = await server.store.objects.findVersion(bucket, key, versionId)
  const record = presentObject(found, { key, versionId })
  announce(context, record, event)
  return record.lock ?? {}
}

async function putRetention(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  requireLockedBucket(server, bucket)
  const source = await readDocument(context, documentRules)
  const nowMs = server.now().getTime()
  const retention = newRetention(parseDocument(retentionDocument, source), nowMs)
  const lockKey: LockKey = { nowMs, bypassesGovernance: bypassesGovernance(context) }
  return updateLock(context, 's3:ObjectCreated:PutRetention', (lock) => {
    checkNewRetention(lock, retention, lockKey)
    return { ...retention, legalHold: lock?.legalHold }
  })
}

/** @throws S3Failure MalformedXML, InvalidArgument */
function newRetention({ mode, retainUntilDate }: Retention, nowMs: number): NewRetention {
  if (mode === undefined && retainUntilDate === undefined) return {}
  if (mode === undefined || retainUntilDate === undefined) throw new S3Failure('MalformedXML')
  const retainUntilMs = retainUntilDate.getTime()
  if (retainUntilMs > nowMs) return { mode, retainUntilMs }
  throw new S3Failure('InvalidArgument', {
    message: 'The retain until date must be in the future!',
  })
}

async function putLegalHold(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  requireLockedBucket(server, bucket)
  const source = await readDocument(context, documentRules)
  const { status } = parseDocument(legalHoldDocument, source)
  return updateLock(context, 's3:ObjectCreated:PutLegalHold', (lock) => ({
    ...lock,
    legalHold: status === 'ON',
  }))
}

async function updateLock(
  context: OperationContext,
  event: EventName,
  change: (lock: ObjectLock | undefined) => ObjectLock,
): Promise<Reply> {
  const { server, bucket, key } = context
  const versionId = requestedVersion(context)
  const update = (found: VersionRecord | undefined): ObjectRecord => {
    const object = presentObject(found, { key, versionId })
    return { ...object, lock: change(object.lock) }
  }
  const { objects } = server.store
  const told = announcing(context, event)
  const record = await objects.update(bucket, key, versionId, update, told)
  return { status: 200, headers: versionHeaders(server, bucket, record) }
}
