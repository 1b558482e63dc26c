import { describe, expect, test } from 'vitest'
import {
  getObjectLegalHold,
  getObjectLockConfig,
  getObjectRetention,
  putObjectRetention,
  setObjectLegalHold,
  setObjectLockConfig,
  setObjectRetention,
} from '../../src/operations/object-lock.ts'
import { checkedBody, FakeStore, queryOf, refusal, reply } from '../support/replies.ts'

describe('object lock configuration', () => {
  test.each([
    [{}, ''],
    [
      { mode: 'GOVERNANCE', days: 30 },
      '<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule>',
    ],
    [
      { mode: 'COMPLIANCE', years: 1 },
      '<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>1</Years></DefaultRetention></Rule>',
    ],
  ] as const)('%j goes there and comes back', (config, rule) => {
    const document = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`
    const put = setObjectLockConfig('bucket', config)
    expect(put).toMatchObject({ method: 'PUT', operation: 'PutObjectLockConfiguration' })
    expect(queryOf(put)).toEqual({ 'object-lock': '' })
    expect(checkedBody(put)).toBe(document)
    const get = getObjectLockConfig('bucket')
    expect(get).toMatchObject({ method: 'GET', operation: 'GetObjectLockConfiguration' })
    expect(get.read(reply(document))).toEqual(config)
  })

  test.each([
    ['config', null],
    ['config', { unit: 'Days' }],
    ['config', { mode: 'GOVERNANCE' }],
    ['config', { mode: 'GOVERNANCE', days: 1, years: 1 }],
    ['config.mode', { days: 1 }],
    ['config.mode', { mode: 'governance', days: 1 }],
    ['config.days', { mode: 'GOVERNANCE', days: 0 }],
    ['config.days', { mode: 'GOVERNANCE', days: 1.5 }],
    ['config.years', { mode: 'GOVERNANCE', years: 101 }],
  ])('wrong %s is refused before any request: %j', (argument, config) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => setObjectLockConfig('bucket', config)).toThrow(
      expect.objectContaining({ argument }),
    )
  })
})

describe('retention', () => {
  const retainUntilDate = new Date('2030-01-02T03:04:05.678Z')
  const document =
    '<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-02T03:04:05.678Z</RetainUntilDate></Retention>'

  test('goes there and comes back', () => {
    const retention = { mode: 'GOVERNANCE', retainUntilDate } as const
    const options = { versionId: 'v', bypassGovernance: true }
    const put = setObjectRetention('bucket', 'key', retention, options)
    expect(put).toMatchObject({
      method: 'PUT',
      operation: 'PutObjectRetention',
      object: 'key',
      headers: { 'x-amz-bypass-governance-retention': 'true' },
    })
    expect(queryOf(put)).toEqual({ retention: '', versionId: 'v' })
    expect(checkedBody(put)).toBe(document)
    const get = getObjectRetention('bucket', 'key', { versionId: 'v' })
    expect(queryOf(get)).toEqual({ retention: '', versionId: 'v' })
    expect(get.read(reply(document))).toEqual(retention)
  })

  test('ends with an empty document, without bypass where nobody asks for it', () => {
    const put = putObjectRetention('bucket', 'key', undefined, {})
    expect(checkedBody(put)).toBe('<Retention></Retention>')
    expect(put.headers).not.toHaveProperty('x-amz-bypass-governance-retention')
  })

  test('none is an answer, in the words of AWS and of Ceph', async () => {
    expect(getObjectRetention('bucket', 'key', {}).read(reply('<Retention/>'))).toBeUndefined()
    for (const code of ['NoSuchObjectLockConfiguration', 'ObjectLockConfigurationNotFoundError']) {
      const none = new FakeStore(() => Promise.reject(refusal(code, 404)))
      expect(await none.send(getObjectRetention('bucket', 'key', {}), {})).toBeUndefined()
    }
  })

  test.each([
    ['retention', undefined],
    ['retention.mode', { mode: 'OFF', retainUntilDate }],
    ['retention.retainUntilDate', { mode: 'GOVERNANCE' }],
    ['retention.retainUntilDate', { mode: 'GOVERNANCE', retainUntilDate: '2030-01-01' }],
    ['retention.retainUntilDate', { mode: 'GOVERNANCE', retainUntilDate: new Date(Number.NaN) }],
  ])('wrong %s is refused before any request', (argument, retention) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => setObjectRetention('bucket', 'key', retention, {})).toThrow(
      expect.objectContaining({ argument }),
    )
  })
})

describe('legal hold', () => {
  test.each([
    [true, 'ON'],
    [false, 'OFF'],
  ])('%s goes there and comes back', (on, status) => {
    const document = `<LegalHold><Status>${status}</Status></LegalHold>`
    const put = setObjectLegalHold('bucket', 'key', on, { versionId: 'v' })
    expect(put).toMatchObject({ method: 'PUT', operation: 'PutObjectLegalHold', object: 'key' })
    expect(queryOf(put)).toEqual({ 'legal-hold': '', versionId: 'v' })
    expect(checkedBody(put)).toBe(document)
    expect(getObjectLegalHold('bucket', 'key', {}).read(reply(document))).toBe(on)
  })

  test('none is false; a wrong argument is refused', async () => {
    const none = new FakeStore(() => Promise.reject(refusal('NoSuchObjectLockConfiguration', 404)))
    expect(await none.send(getObjectLegalHold('bucket', 'key', {}), {})).toBe(false)
    // @ts-expect-error -- what callers without types may pass
    expect(() => setObjectLegalHold('bucket', 'key', 'ON', {})).toThrow(
      expect.objectContaining({ argument: 'on' }),
    )
  })
})
