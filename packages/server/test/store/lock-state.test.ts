import { describe, expect, it } from 'vitest'

import { S3Failure } from '../../src/failure.ts'
import { refuseLocked } from '../../src/store/lock-state.ts'
import type { ObjectLock } from '../../src/store/object-record.ts'

function removable(lock: ObjectLock | undefined, bypassesGovernance = false): boolean {
  const record = {
    versionId: 'null',
    sequence: 1,
    lastModifiedMs: 0,
    sizeBytes: 0,
    segments: [],
    etag: '',
    headers: [],
    metadata: [],
    storageClass: 'STANDARD',
    checksums: [],
    lock,
  }
  try {
    refuseLocked(record, { nowMs: 1000, bypassesGovernance })
    return true
  } catch (error) {
    if (error instanceof S3Failure && error.code === 'AccessDenied') return false
    throw error
  }
}

describe('a version', () => {
  it.each([
    [undefined, true],
    [{}, true],
    [{ legalHold: false }, true],
    [{ legalHold: true }, false],
    [{ mode: 'GOVERNANCE', retainUntilMs: 1000 }, true],
    [{ mode: 'GOVERNANCE', retainUntilMs: 1001 }, false],
    [{ mode: 'COMPLIANCE', retainUntilMs: 999, legalHold: true }, false],
  ] as const)('with %j may be removed: %s', (lock, expected) => {
    expect(removable(lock)).toBe(expected)
  })

  it('is kept when its lock cannot be understood', () => {
    const broken: ObjectLock[] = [
      { mode: 'COMPLIANCE' },
      { mode: 'GOVERNANCE', retainUntilMs: Number.NaN },
      { retainUntilMs: 2000 },
      JSON.parse('{"mode":"COMPLIANCE","retainUntilMs":null}'),
      JSON.parse('{"mode":"COMPLIANCE","retainUntilMs":"1"}'),
      JSON.parse('{"mode":"OTHER","retainUntilMs":2000}'),
      JSON.parse('{"legalHold":"ON"}'),
    ]
    for (const lock of broken) expect([lock, removable(lock)]).toEqual([lock, false])
  })

  it('of governance mode goes where that may be passed over, not with a legal hold', () => {
    const lock = { mode: 'GOVERNANCE', retainUntilMs: 2000 } as const
    expect(removable(lock, true)).toBe(true)
    expect(removable({ ...lock, legalHold: true }, true)).toBe(false)
    expect(removable({ ...lock, mode: 'COMPLIANCE' }, true)).toBe(false)
  })
})
