import { expect, it } from 'vitest'
import { describeWithVectors } from '../../../../test/support/vectors.ts'
import { errorCodeForStatus } from '../../src/errors/code-for-status.ts'
import { errorCodes, isErrorCode } from '../../src/errors/error-codes.ts'

const key = { hasBucket: true, hasKey: true }
const bucket = { hasBucket: true, hasKey: false }
const service = { hasBucket: false, hasKey: false }

it('knows the codes that clients branch on', () => {
  expect(errorCodes.NoSuchKey.status).toBe(404)
  expect(errorCodes.NoSuchBucket.status).toBe(404)
  expect(errorCodes.AccessDenied).toMatchObject({ status: 403 })
  expect(errorCodes.BucketAlreadyOwnedByYou.status).toBe(409)
  expect(errorCodes.EntityTooLarge.status).toBe(400)
  expect(errorCodes.PreconditionFailed.status).toBe(412)
  expect(errorCodes.InvalidRange.status).toBe(416)
  expect(errorCodes.NotImplemented.status).toBe(501)
  expect(errorCodes.XMinioStorageFull.status).toBe(507)
})

it('classes codes for retries', () => {
  expect(errorCodes.InternalError.retry).toBe('transient')
  expect(errorCodes.ServiceUnavailable.retry).toBe('transient')
  expect(errorCodes.RequestTimeout.retry).toBe('transient')
  expect(errorCodes.SlowDown.retry).toBe('throttling')
  expect(errorCodes.RequestTimeTooSkewed.retry).toBe('skew')
  expect(errorCodes.NoSuchKey.retry).toBeUndefined()
  expect(errorCodes.PreconditionFailed.retry).toBeUndefined()
  expect(errorCodes.ConditionalRequestConflict.retry).toBeUndefined()
})

it('gives every code a plausible status and a sentence', () => {
  for (const [code, facts] of Object.entries(errorCodes)) {
    expect(facts.status, code).toBeGreaterThanOrEqual(206)
    expect(facts.status, code).toBeLessThan(600)
    expect(facts.message, code).toMatch(/^[A-Z].*\.$/)
  }
})

it('retries every code of a failing server but those that do not pass', () => {
  const lasting = new Set([501, 507])
  for (const [code, facts] of Object.entries(errorCodes)) {
    if (facts.status >= 500 && !lasting.has(facts.status)) expect(facts.retry, code).toBeDefined()
  }
})

it('knows only names of the table', () => {
  expect(isErrorCode('NoSuchKey')).toBe(true)
  expect(isErrorCode('nosuchkey')).toBe(false)
  for (const name of ['__proto__', 'constructor', 'toString', '', undefined, 404]) {
    expect(isErrorCode(name)).toBe(false)
  }
})

it.each([
  [301, 'PermanentRedirect'],
  [307, 'TemporaryRedirect'],
  [400, 'BadRequest'],
  [403, 'AccessDenied'],
  [405, 'MethodNotAllowed'],
  [409, 'OperationAborted'],
  [412, 'PreconditionFailed'],
  [416, 'InvalidRange'],
  [500, 'InternalError'],
  [501, 'NotImplemented'],
  [503, 'ServiceUnavailable'],
] as const)('names status %i without a body', (status, code) => {
  expect(errorCodeForStatus(status, key)).toBe(code)
  expect(errorCodeForStatus(status, bucket)).toBe(code)
})

it('reads 404 by what was addressed and leaves unknown statuses open', () => {
  expect(errorCodeForStatus(404, key)).toBe('NoSuchKey')
  expect(errorCodeForStatus(404, bucket)).toBe('NoSuchBucket')
  expect(errorCodeForStatus(404, service)).toBe('NoSuchResource')
  expect(errorCodeForStatus(418, key)).toBeUndefined()
  expect(errorCodeForStatus(200, key)).toBeUndefined()
})

interface RetryVectors {
  readonly transient: { readonly codes: readonly string[]; readonly statuses: readonly number[] }
  readonly throttling_codes: readonly string[]
}

describeWithVectors<RetryVectors>('retry lists', 'retry/aws-2026-standard.json', (lists) => {
  it.each(lists.throttling_codes)('throttles on %s', (code) => {
    expect(isErrorCode(code) && errorCodes[code].retry).toBe('throttling')
  })

  it.each(lists.transient.codes)('retries %s', (code) => {
    expect(isErrorCode(code) && errorCodes[code].retry).toBeTruthy()
  })

  it.each(lists.transient.statuses)('retries status %i without a body', (status) => {
    const code = errorCodeForStatus(status, key)
    expect(code && errorCodes[code].retry).toBe('transient')
  })
})
