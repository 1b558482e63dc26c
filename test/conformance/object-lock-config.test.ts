import { expect } from 'vitest'
import type { ObjectLockConfig } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

const needs = ['object lock'] as const
const dayMs = 24 * 3600 * 1000

conformance('setObjectLockConfig', (defineCase) => {
  defineCase(
    'gives back what was set, and replaces it',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const forms: ObjectLockConfig[] = [
        { mode: 'GOVERNANCE', days: 1 },
        { mode: 'COMPLIANCE', years: 2 },
        { mode: 'COMPLIANCE', days: 36_500 },
        {},
        { mode: 'GOVERNANCE', years: 1 },
      ]
      for (const form of forms) {
        await client.setObjectLockConfig(name, form)
        const stored = await client.getObjectLockConfig(name)
        expect(stored).toEqual({ ...form })
        await client.setObjectLockConfig(name, stored)
        expect(await client.getObjectLockConfig(name)).toEqual(stored)
      }
    },
    { needs },
  )

  defineCase(
    'keeps new objects for as long, not those before',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const before = await client.putObject(name, 'key', 'before')
      await client.setObjectLockConfig(name, { mode: 'GOVERNANCE', days: 3 })
      const { versionId } = await client.putObject(name, 'key', 'after')
      const retention = await client.getObjectRetention(name, 'key', { versionId })
      expect(retention?.mode).toBe('GOVERNANCE')
      const untilMs = retention?.retainUntilDate.getTime() ?? 0
      expect(Math.abs(untilMs - Date.now() - 3 * dayMs)).toBeLessThan(60_000)
      const free = { versionId: before.versionId }
      expect(await client.getObjectRetention(name, 'key', free)).toBeUndefined()
      await client.removeObject(name, 'key', free)
      expect(await codeOf(client.removeObject(name, 'key', { versionId }))).toBe('AccessDenied')
      await client.removeObject(name, 'key', { versionId, bypassGovernance: true })
      expect(await client.objectExists(name, 'key')).toBe(false)
      // And the configuration can be taken back.
      await client.setObjectLockConfig(name, {})
      const last = await client.putObject(name, 'key', 'free')
      await client.removeObject(name, 'key', { versionId: last.versionId })
    },
    { needs },
  )

  defineCase(
    'surfaces that the bucket has no object lock',
    async ({ client, bucket, bucketName }) => {
      const config = { mode: 'GOVERNANCE', days: 1 } as const
      const name = await bucket()
      expect(await codeOf(client.setObjectLockConfig(name, config))).toBe('InvalidBucketState')
      expect(await codeOf(client.setObjectLockConfig(bucketName(), config))).toBe('NoSuchBucket')
    },
    { needs },
  )

  defineCase('refuses wrong options without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const set = newClient({}).setObjectLockConfig
    const wrong: readonly unknown[] = [
      undefined,
      null,
      [],
      { mode: 'GOVERNANCE' },
      { days: 1 },
      { mode: 'governance', days: 1 },
      { mode: 'GOVERNANCE', days: 1, years: 1 },
      { mode: 'GOVERNANCE', days: 0 },
      { mode: 'GOVERNANCE', days: 1.5 },
      { mode: 'GOVERNANCE', days: '1' },
      { mode: 'GOVERNANCE', days: 36_501 },
      { mode: 'COMPLIANCE', years: 101 },
      { mode: 'COMPLIANCE', months: 1 },
    ]
    for (const config of wrong) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(set, client, [name, config]),
        JSON.stringify(config) ?? 'undefined',
      )
    }
  })
})

conformance('getObjectLockConfig', (defineCase) => {
  defineCase(
    'says that the bucket has none',
    async ({ client, bucket, bucketName }) => {
      expect(await codeOf(client.getObjectLockConfig(await bucket()))).toBe(
        'ObjectLockConfigurationNotFoundError',
      )
      expect(await codeOf(client.getObjectLockConfig(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})
