import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../src/errors.ts'
import {
  deleteBucketPolicy,
  getBucketPolicy,
  setBucketPolicy,
} from '../../src/operations/bucket-policy.ts'
import { bodyText, FakeStore, queryOf, refusal, reply } from '../support/replies.ts'

const policy = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: ['*'] }, Action: ['s3:GetObject'], Resource: 'arn:ü' },
  ],
} as const

describe('policy', () => {
  test('is given exactly as the store has it', () => {
    const request = getBucketPolicy('bucket')
    expect(request).toMatchObject({ method: 'GET', operation: 'GetBucketPolicy' })
    expect(queryOf(request)).toEqual({ policy: '' })
    const text = ' { "Version" : "2012-10-17" }\n'
    expect(request.read(reply(text))).toBe(text)
  })

  const text = ` ${JSON.stringify(policy)}\n`
  test.each([
    ['text, which is sent as it is', text, text],
    ['bytes', Buffer.from(text), text],
    ['an object', policy, JSON.stringify(policy)],
  ])('is set from %s', (_, value, body) => {
    const request = setBucketPolicy('bucket', value)
    expect(request).toMatchObject({ method: 'PUT', operation: 'PutBucketPolicy' })
    expect(queryOf(request)).toEqual({ policy: '' })
    expect(bodyText(request)).toBe(body)
    expect(request.headers).toEqual({
      'content-type': 'application/json',
      'content-md5': createHash('md5').update(body).digest('base64'),
    })
    for (const status of [200, 204]) expect(request.read(reply('', {}, status))).toBeUndefined()
  })

  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  test.each([
    '',
    '  \n',
    '{',
    '[]',
    'null',
    '"text"',
    7,
    null,
    undefined,
    [],
    cyclic,
    Buffer.from([0x7b, 0xff]),
  ])('is refused before any request: %o', (value) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => setBucketPolicy('bucket', value)).toThrow(
      expect.objectContaining({ name: InvalidArgumentError.name, argument: 'policy' }),
    )
  })

  test('is removed, also where there is none; other refusals are errors', async () => {
    const gone = new FakeStore(() => reply('', {}, 204))
    await gone.send(deleteBucketPolicy('bucket'), {})
    expect(gone.sent[0]?.request).toMatchObject({
      method: 'DELETE',
      operation: 'DeleteBucketPolicy',
    })
    const none = new FakeStore(() => Promise.reject(refusal('NoSuchBucketPolicy', 404)))
    await none.send(deleteBucketPolicy('bucket'), {})
    const denied = new FakeStore(() => Promise.reject(refusal('NoSuchBucket', 404)))
    await expect(denied.send(deleteBucketPolicy('bucket'), {})).rejects.toMatchObject({
      code: 'NoSuchBucket',
    })
  })

  test('where there is none is an error for a reader', async () => {
    const none = new FakeStore(() => Promise.reject(refusal('NoSuchBucketPolicy', 404)))
    await expect(none.send(getBucketPolicy('bucket'), {})).rejects.toMatchObject({
      code: 'NoSuchBucketPolicy',
    })
  })
})
