import { describe, expect, test } from 'vitest'
import { deleteBucketCors, getBucketCors, setBucketCors } from '../../src/operations/bucket-cors.ts'
import {
  deleteBucketLifecycle,
  getBucketLifecycle,
  setBucketLifecycle,
} from '../../src/operations/bucket-lifecycle.ts'
import { checkedBody, FakeStore, queryOf, refusal, reply } from '../support/replies.ts'

describe('lifecycle', () => {
  test('is written', () => {
    const put = setBucketLifecycle('bucket', [
      {
        id: 'r',
        status: 'Enabled',
        filter: { prefix: 'a&b/' },
        expiration: { days: 7 },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
      },
    ])
    expect(put).toMatchObject({ method: 'PUT', operation: 'PutBucketLifecycleConfiguration' })
    expect(queryOf(put)).toEqual({ lifecycle: '' })
    expect(checkedBody(put)).toBe(
      '<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status><Filter><Prefix>a&amp;b/</Prefix></Filter><Expiration><Days>7</Days></Expiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>',
    )
  })

  test('what was read can be written back, unknown elements too', () => {
    const document =
      '<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter></Filter><Expiration><Days>1</Days></Expiration><DelMarkerExpiration><Days>3</Days></DelMarkerExpiration></Rule></LifecycleConfiguration>'
    const get = getBucketLifecycle('bucket')
    expect(get).toMatchObject({ method: 'GET', operation: 'GetBucketLifecycleConfiguration' })
    const rules = get.read(reply(document))
    expect(rules).toHaveLength(1)
    expect(checkedBody(setBucketLifecycle('bucket', rules))).toBe(document)
  })

  test.each([
    ['rules', null],
    ['rules', []],
    ['rules[0]', ['x']],
    ['rules[0]', [{ status: 'Enabled', expiry: {} }]],
    ['rules[0].status', [{ status: 'enabled' }]],
    ['rules[0].expiration.days', [{ status: 'Enabled', expiration: { days: 1.5 } }]],
    [
      'rules[0].transitions[0].date',
      [{ status: 'Enabled', transitions: [{ date: '2030-01-01' }] }],
    ],
    ['rules[0].transitions', [{ status: 'Enabled', transitions: {} }]],
    [
      'rules[0].noncurrentVersionExpiration.noncurrentDays',
      [{ status: 'Enabled', noncurrentVersionExpiration: { noncurrentDays: -1 } }],
    ],
  ])('wrong %s are refused before any request: %j', (argument, rules) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => setBucketLifecycle('bucket', rules)).toThrow(expect.objectContaining({ argument }))
  })

  test('none is an error for a reader, not for who removes it', async () => {
    const code = 'NoSuchLifecycleConfiguration'
    const store = new FakeStore(() => Promise.reject(refusal(code, 404)))
    await expect(store.send(getBucketLifecycle('bucket'), {})).rejects.toMatchObject({ code })
    await store.send(deleteBucketLifecycle('bucket'), {})
    expect(store.operations[1]).toBe('DeleteBucketLifecycle')
  })
})

describe('CORS', () => {
  const rule = {
    id: 'c',
    allowedOrigins: ['https://*.example.com'],
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: ['*'],
    maxAgeSeconds: 0,
  }
  const document =
    '<CORSConfiguration><CORSRule><ID>c</ID><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><MaxAgeSeconds>0</MaxAgeSeconds></CORSRule></CORSConfiguration>'

  test('goes there and comes back', () => {
    const put = setBucketCors('bucket', [rule])
    expect(put).toMatchObject({ method: 'PUT', operation: 'PutBucketCors' })
    expect(queryOf(put)).toEqual({ cors: '' })
    expect(checkedBody(put)).toBe(document)
    expect(getBucketCors('bucket').read(reply(document))).toEqual([rule])
  })

  test.each([
    ['rules', undefined],
    ['rules', []],
    ['rules[0]', [{ ...rule, origins: [] }]],
    ['rules[0].allowedOrigins', [{ ...rule, allowedOrigins: [] }]],
    ['rules[0].allowedMethods', [{ ...rule, allowedMethods: 'GET' }]],
    ['rules[0].exposeHeaders', [{ ...rule, exposeHeaders: [1] }]],
    ['rules[0].maxAgeSeconds', [{ ...rule, maxAgeSeconds: -1 }]],
  ])('wrong %s are refused before any request', (argument, rules) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => setBucketCors('bucket', rules)).toThrow(expect.objectContaining({ argument }))
  })

  test('none is an error for a reader, not for who removes it', async () => {
    const code = 'NoSuchCORSConfiguration'
    const store = new FakeStore(() => Promise.reject(refusal(code, 404)))
    await expect(store.send(getBucketCors('bucket'), {})).rejects.toMatchObject({ code })
    await store.send(deleteBucketCors('bucket'), {})
    expect(store.operations[1]).toBe('DeleteBucketCors')
  })
})
