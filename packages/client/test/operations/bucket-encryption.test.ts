import { describe, expect, test } from 'vitest'
import { InvalidArgumentError, InvalidResponseError } from '../../src/errors.ts'
import {
  deleteBucketEncryption,
  getBucketEncryption,
  putBucketEncryption,
} from '../../src/operations/bucket-encryption.ts'
import { checkedBody, FakeStore, queryOf, refusal, reply } from '../support/replies.ts'

function document(...rules: readonly string[]): string {
  const inner = rules.map((rule) => `<Rule>${rule}</Rule>`).join('')
  return `<ServerSideEncryptionConfiguration>${inner}</ServerSideEncryptionConfiguration>`
}

function byDefault(algorithm: string, keyId?: string): string {
  const key = keyId === undefined ? '' : `<KMSMasterKeyID>${keyId}</KMSMasterKeyID>`
  return `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm>${key}</ApplyServerSideEncryptionByDefault>`
}

describe('encryption', () => {
  test.each([
    [{ algorithm: 'AES256' }, byDefault('AES256')],
    [{ algorithm: 'aws:kms' }, byDefault('aws:kms')],
    [
      { algorithm: 'aws:kms', kmsKeyId: 'key & co', bucketKeyEnabled: true },
      `${byDefault('aws:kms', 'key &amp; co')}<BucketKeyEnabled>true</BucketKeyEnabled>`,
    ],
  ] as const)('%j goes there and comes back', (encryption, rule) => {
    const put = putBucketEncryption('bucket', encryption)
    expect(put).toMatchObject({ method: 'PUT', operation: 'PutBucketEncryption' })
    expect(queryOf(put)).toEqual({ encryption: '' })
    expect(checkedBody(put)).toBe(document(rule))
    const get = getBucketEncryption('bucket')
    expect(get).toMatchObject({ method: 'GET', operation: 'GetBucketEncryption' })
    expect(get.read(reply(document(rule)))).toEqual(encryption)
  })

  test.each([
    ['no rule', document()],
    ['an empty rule', document('')],
    ['two rules', document(byDefault('AES256'), byDefault('aws:kms'))],
    ['an unknown algorithm', document(byDefault('ROT13'))],
  ])('refuses an answer with %s', (_, body) => {
    expect(() => getBucketEncryption('bucket').read(reply(body))).toThrow(InvalidResponseError)
  })

  test.each([
    ['encryption', null],
    ['encryption', { algorithm: 'AES256', key: 'x' }],
    ['encryption.algorithm', {}],
    ['encryption.algorithm', { algorithm: 'aes256' }],
    ['encryption.kmsKeyId', { algorithm: 'AES256', kmsKeyId: 'k' }],
    ['encryption.kmsKeyId', { algorithm: 'aws:kms', kmsKeyId: '' }],
    ['encryption.bucketKeyEnabled', { algorithm: 'aws:kms', bucketKeyEnabled: 'no' }],
  ])('wrong %s is refused before any request: %j', (argument, encryption) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => putBucketEncryption('bucket', encryption)).toThrow(
      expect.objectContaining({ name: InvalidArgumentError.name, argument }),
    )
  })

  test('none is an error for a reader, not for who removes it', async () => {
    const code = 'ServerSideEncryptionConfigurationNotFoundError'
    const store = new FakeStore(() => Promise.reject(refusal(code, 404)))
    await expect(store.send(getBucketEncryption('bucket'), {})).rejects.toMatchObject({ code })
    await store.send(deleteBucketEncryption('bucket'), {})
    expect(store.sent[1]?.request).toMatchObject({
      method: 'DELETE',
      operation: 'DeleteBucketEncryption',
      query: [['encryption', '']],
    })
  })
})
