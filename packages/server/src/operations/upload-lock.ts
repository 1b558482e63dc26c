import { parseIsoDate } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { DefaultRetention } from '../store/bucket-configurations.ts'
import type { ObjectLock } from '../store/object-record.ts'
import { requireAction } from './access.ts'
import type { OperationContext, ServerContext } from './operation.ts'

const modeHeader = 'x-amz-object-lock-mode'
const untilHeader = 'x-amz-object-lock-retain-until-date'
const holdHeader = 'x-amz-object-lock-legal-hold'

/**
 * The lock that the headers of an upload ask for.
 * @throws S3Failure
 */
export function lockOfHeaders(context: OperationContext): ObjectLock | undefined {
  const { request, server, bucket } = context
  if (!asksForLock(context)) return undefined
  const retention = retentionOfHeaders(context)
  const hold = request.header(holdHeader)
  if (hold !== undefined) requireAction(context, 's3:PutObjectLegalHold')
  requireLockedBucket(server, bucket)
  return { ...retention, legalHold: hold === undefined ? undefined : legalHoldOf(hold) }
}

/** @throws S3Failure InvalidRequest */
export function requireLockedBucket(server: ServerContext, bucket: string): void {
  if (server.store.configurations.find(bucket, 'objectLock') !== undefined) return
  throw new S3Failure('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' })
}

/** The lock of a new version: where it does not say, the bucket's default retention holds. */
export function withDefaultRetention(
  server: ServerContext,
  bucket: string,
  lock: ObjectLock | undefined,
): ObjectLock | undefined {
  if (lock?.mode !== undefined) return lock
  const rule = server.store.configurations.find(bucket, 'objectLock')?.defaultRetention
  return rule === undefined ? lock : { ...lock, ...retentionOf(rule, server.now()) }
}

/** Whether the headers ask for a lock; then S3 wants a checksum of the body. */
export function asksForLock({ request }: OperationContext): boolean {
  const lockHeaders = [modeHeader, untilHeader, holdHeader] as const
  return lockHeaders.some((name) => request.header(name) !== undefined)
}

function retentionOfHeaders(context: OperationContext): ObjectLock | undefined {
  const mode = context.request.header(modeHeader)
  const until = context.request.header(untilHeader)
  if (mode === undefined && until === undefined) return undefined
  requireAction(context, 's3:PutObjectRetention')
  if (mode === undefined || until === undefined) {
    throw invalidLock(`${untilHeader} and ${modeHeader} must both be supplied`)
  }
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE')
    throw invalidLock('Unknown wormMode directive.')
  return { mode, retainUntilMs: futureDate(until, context.server.now()) }
}

/** @throws S3Failure InvalidArgument for a date that is none, or not in the future */
export function futureDate(text: string, now: Date): number {
  const date = parseIsoDate(text)
  if (date === undefined) throw invalidLock('The retain until date must be in ISO 8601 format.')
  if (date.getTime() <= now.getTime()) {
    throw invalidLock('The retain until date must be in the future!')
  }
  return date.getTime()
}

function legalHoldOf(text: string): boolean {
  if (text === 'ON' || text === 'OFF') return text === 'ON'
  throw invalidLock('Legal Hold must be either of "ON" or "OFF"')
}

export function invalidLock(message: string): S3Failure {
  return new S3Failure('InvalidArgument', { message })
}

function retentionOf(rule: DefaultRetention, now: Date): ObjectLock {
  const until = new Date(now)
  until.setUTCDate(until.getUTCDate() + (rule.days ?? 0))
  until.setUTCFullYear(until.getUTCFullYear() + (rule.years ?? 0))
  return { mode: rule.mode, retainUntilMs: until.getTime() }
}
