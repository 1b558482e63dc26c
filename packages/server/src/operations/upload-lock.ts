import { parseIsoDate } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { DefaultRetention } from '../store/bucket-configurations.ts'
import type { ObjectLock } from '../store/object-record.ts'
import { requireAction } from './access.ts'
import type { OperationContext } from './operation.ts'

const modeHeader = 'x-amz-object-lock-mode'
const untilHeader = 'x-amz-object-lock-retain-until-date'
const holdHeader = 'x-amz-object-lock-legal-hold'

/**
 * The lock of a new version: what its headers say, else the bucket's default retention.
 * @throws S3Failure
 */
export function lockOfUpload(context: OperationContext): ObjectLock | undefined {
  const { request, server, bucket } = context
  const bucketLock = server.store.configurations.find(bucket, 'objectLock')
  const retention = retentionOfHeaders(context)
  const hold = request.header(holdHeader)
  if (hold !== undefined) requireAction(context, 's3:PutObjectLegalHold')
  const asked = retention !== undefined || hold !== undefined
  if (asked && bucketLock === undefined) {
    throw new S3Failure('InvalidRequest', {
      message: 'Bucket is missing Object Lock Configuration',
    })
  }
  const kept = retention ?? defaultRetention(bucketLock?.defaultRetention, server.now())
  if (kept === undefined && hold === undefined) return undefined
  return { ...kept, legalHold: hold === undefined ? undefined : legalHoldOf(hold) }
}

/** Whether the headers ask for a lock; then S3 wants a checksum of the body. */
export function asksForLock({ request }: OperationContext): boolean {
  return [modeHeader, untilHeader, holdHeader].some((name) => request.header(name) !== undefined)
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
function futureDate(text: string, now: Date): number {
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

function invalidLock(message: string): S3Failure {
  return new S3Failure('InvalidArgument', { message })
}

function defaultRetention(
  rule: DefaultRetention | undefined,
  now: Date,
): Pick<ObjectLock, 'mode' | 'retainUntilMs'> | undefined {
  if (rule === undefined) return undefined
  const until = new Date(now)
  until.setUTCDate(until.getUTCDate() + (rule.days ?? 0))
  until.setUTCFullYear(until.getUTCFullYear() + (rule.years ?? 0))
  return { mode: rule.mode, retainUntilMs: until.getTime() }
}
