import { S3Failure } from '../failure.ts'
import type { ObjectLock, VersionRecord } from './object-record.ts'

/** Whether a retention still runs. One that cannot be understood runs for ever. */
export function isRetained(lock: ObjectLock | undefined, nowMs: number): boolean {
  if (lock?.mode === undefined && lock?.retainUntilMs === undefined) return false
  return !(typeof lock.retainUntilMs === 'number' && lock.retainUntilMs <= nowMs)
}

export interface LockKey {
  readonly nowMs: number
  /** Whether the sender asked to pass over governance, and may. */
  readonly bypassesGovernance: boolean
}

/** @throws S3Failure AccessDenied when the version must not go */
export function refuseLocked(record: VersionRecord, key: LockKey): void {
  if (record.deleteMarker !== undefined) return
  const { lock } = record
  if (lock === undefined) return
  const retained =
    isRetained(lock, key.nowMs) && !(lock.mode === 'GOVERNANCE' && key.bypassesGovernance)
  if (retained || (lock.legalHold ?? false)) {
    throw new S3Failure('AccessDenied', { message: 'The version is protected by object lock.' })
  }
}

/** What a retention is to become; empty: none. */
export type NewRetention = Pick<ObjectLock, 'mode' | 'retainUntilMs'>

/**
 * A retention that runs may be made longer. Who may pass over governance may change one of that
 * mode in any way; one of compliance mode is never weakened.
 * @throws S3Failure AccessDenied
 */
export function checkNewRetention(
  lock: ObjectLock | undefined,
  retention: NewRetention,
  key: LockKey,
): void {
  if (lock === undefined || !isRetained(lock, key.nowMs)) return
  if (lock.mode === 'GOVERNANCE' && key.bypassesGovernance) return
  const extended =
    retention.mode === lock.mode &&
    retention.retainUntilMs !== undefined &&
    lock.retainUntilMs !== undefined &&
    retention.retainUntilMs >= lock.retainUntilMs
  if (!extended) {
    throw new S3Failure('AccessDenied', { message: 'The version is protected by object lock.' })
  }
}
