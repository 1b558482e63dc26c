import { expect } from 'vitest'
import type { BucketEncryption } from 'stowage'
import { conformance, type Case } from './harness/conformance.ts'
import { plainHttp } from './harness/plain-http.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

const needs = ['bucket encryption'] as const
const none = 'ServerSideEncryptionConfigurationNotFoundError'

function keyOf({ running }: Case): string {
  if (running.kmsKeyId === undefined) throw new Error('the target names no key')
  return running.kmsKeyId
}

/** What neither the library nor a store takes. */
const wrong: readonly unknown[] = [
  undefined,
  null,
  {},
  'AES256',
  { algorithm: 'aes256' },
  { algorithm: 'ROT13' },
  { algorithm: 'AES256', kmsKeyId: 'key' },
  { algorithm: 'aws:kms', kmsKeyId: '' },
  { algorithm: 'aws:kms', kmsKeyId: 7 },
  { algorithm: 'aws:kms', bucketKeyEnabled: 'yes' },
  { algorithm: 'AES256', rules: [] },
]

conformance('putBucketEncryption', (defineCase) => {
  defineCase(
    'gives back what was put, and replaces it',
    async (context) => {
      const { client, bucket } = context
      const name = await bucket()
      const forms: BucketEncryption[] = [
        { algorithm: 'AES256' },
        { algorithm: 'aws:kms' },
        { algorithm: 'aws:kms', kmsKeyId: keyOf(context) },
        { algorithm: 'aws:kms', kmsKeyId: keyOf(context), bucketKeyEnabled: true },
        { algorithm: 'AES256' },
      ]
      for (const form of forms) {
        await client.putBucketEncryption(name, form)
        const stored = await client.getBucketEncryption(name)
        expect(stored).toMatchObject(form)
        await client.putBucketEncryption(name, stored)
        expect(await client.getBucketEncryption(name)).toEqual(stored)
      }
    },
    { needs },
  )

  defineCase(
    'encrypts what is uploaded afterwards, and is read as before',
    async ({ client, bucket }) => {
      const name = await bucket()
      const headersOf = async (key: string): Promise<number> => {
        const url = await client.presignedUrl('HEAD', name, key)
        const { headers, status } = await plainHttp(url, { method: 'HEAD' })
        expect(status).toBe(200)
        return headers['x-amz-server-side-encryption'] === 'AES256' ? 1 : 0
      }
      await client.putBucketEncryption(name, { algorithm: 'AES256' })
      await client.putObject(name, 'key', 'in the clear for who may read')
      expect(await headersOf('key')).toBe(1)
      expect(await (await client.getObject(name, 'key')).text()).toMatch('in the clear')
    },
    { needs },
  )

  defineCase(
    'surfaces that the bucket or the key is missing',
    async ({ client, bucket, bucketName }) => {
      const missing = client.putBucketEncryption(bucketName(), { algorithm: 'AES256' })
      expect(await codeOf(missing)).toBe('NoSuchBucket')
      const name = await bucket()
      const unknown = { algorithm: 'aws:kms', kmsKeyId: 'no-such-key' } as const
      expect(await codeOf(client.putBucketEncryption(name, unknown))).toBe('KMS.NotFoundException')
      expect(await codeOf(client.getBucketEncryption(name))).toBe(none)
    },
    { needs: ['bucket encryption', 'known keys only'] },
  )

  defineCase('refuses wrong rules without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const put = newClient({}).putBucketEncryption
    for (const encryption of wrong) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(put, client, [name, encryption]),
        JSON.stringify(encryption) ?? 'undefined',
      )
    }
  })
})

conformance('getBucketEncryption', (defineCase) => {
  defineCase(
    'says that nothing is set',
    async ({ client, bucket, bucketName }) => {
      expect(await codeOf(client.getBucketEncryption(await bucket()))).toBe(none)
      expect(await codeOf(client.getBucketEncryption(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})

conformance('deleteBucketEncryption', (defineCase) => {
  defineCase(
    'is done where nothing is set',
    async ({ client, bucket, bucketName }) => {
      const name = await bucket()
      await client.deleteBucketEncryption(name)
      await client.putBucketEncryption(name, { algorithm: 'AES256' })
      await client.deleteBucketEncryption(name)
      expect(await codeOf(client.getBucketEncryption(name))).toBe(none)
      expect(await codeOf(client.deleteBucketEncryption(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})
