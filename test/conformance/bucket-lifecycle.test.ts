import { expect } from 'vitest'
import type { LifecycleRule } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

const needs = ['bucket lifecycle'] as const
const none = 'NoSuchLifecycleConfiguration'

const rules: readonly LifecycleRule[] = [
  { id: 'drafts', status: 'Enabled', filter: { prefix: 'drafts/' }, expiration: { days: 7 } },
  {
    id: 'tagged',
    status: 'Disabled',
    filter: { and: { prefix: 'a&b/', tags: [{ key: 'keep', value: 'no' }] } },
    expiration: { date: new Date('2040-01-01T00:00:00Z') },
  },
  {
    id: 'versions',
    status: 'Enabled',
    filter: { prefix: '' },
    noncurrentVersionExpiration: { noncurrentDays: 30 },
  },
]

/** Ceph gives back a filter by nothing but a prefix in its older form, without a filter. */
function withFilter(rule: LifecycleRule): LifecycleRule {
  return rule.filter === undefined ? { ...rule, filter: { prefix: rule.prefix } } : rule
}

conformance('setBucketLifecycle', (defineCase) => {
  defineCase(
    'gives back what was set, and replaces it; one rule comes as a list',
    async ({ client, bucket, bucketName }) => {
      const name = await bucket()
      for (const form of [rules, rules.slice(0, 1)]) {
        await client.setBucketLifecycle(name, form)
        const stored = await client.getBucketLifecycle(name)
        expect(stored.map(withFilter)).toMatchObject(form)
        expect(stored).toHaveLength(form.length)
        await client.setBucketLifecycle(name, stored)
        expect(await client.getBucketLifecycle(name)).toEqual(stored)
      }
      expect(await codeOf(client.setBucketLifecycle(bucketName(), rules))).toBe('NoSuchBucket')
    },
    { needs },
  )

  defineCase('refuses wrong rules without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const set = newClient({}).setBucketLifecycle
    const wrong: readonly unknown[] = [
      undefined,
      [],
      {},
      ['text'],
      [{ id: 'no status' }],
      [{ status: 'enabled' }],
      [{ status: 'Enabled', expiration: { days: 1.5 } }],
      [{ status: 'Enabled', expiration: { date: '2040-01-01' } }],
      [{ status: 'Enabled', transitions: {} }],
      [{ status: 'Enabled', expires: { days: 1 } }],
    ]
    for (const value of wrong) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(set, client, [name, value]),
        JSON.stringify(value) ?? 'undefined',
      )
    }
  })
})

conformance('getBucketLifecycle', (defineCase) => {
  defineCase(
    'says that nothing is set',
    async ({ client, bucket, bucketName }) => {
      expect(await codeOf(client.getBucketLifecycle(await bucket()))).toBe(none)
      expect(await codeOf(client.getBucketLifecycle(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})

conformance('deleteBucketLifecycle', (defineCase) => {
  defineCase(
    'is done where nothing is set',
    async ({ client, bucket, bucketName }) => {
      const name = await bucket()
      await client.deleteBucketLifecycle(name)
      await client.setBucketLifecycle(name, rules)
      await client.deleteBucketLifecycle(name)
      expect(await codeOf(client.getBucketLifecycle(name))).toBe(none)
      expect(await codeOf(client.deleteBucketLifecycle(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})
