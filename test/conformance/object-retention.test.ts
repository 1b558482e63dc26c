import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { contentOf, partSize, pattern, refusal } from './harness/content.ts'

const needs = ['object lock'] as const

/** S3 keeps milliseconds, MinIO seconds. */
function inMinutes(minutes: number): Date {
  return new Date(Math.ceil(Date.now() / 1000) * 1000 + minutes * 60_000)
}

conformance('object retention', (defineCase) => {
  defineCase(
    'governance: refuses removal, and can be ended early',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const { versionId } = await client.putObject(name, 'a', 'a')
      expect(await client.getObjectRetention(name, 'a')).toBeUndefined()
      const retention = { mode: 'GOVERNANCE', retainUntilDate: inMinutes(60) } as const
      await client.setObjectRetention(name, 'a', retention)
      expect(await client.getObjectRetention(name, 'a', { versionId })).toEqual(retention)
      const shorter = { ...retention, retainUntilDate: inMinutes(30) }
      const shorten = client.setObjectRetention(name, 'a', shorter)
      expect(await refusal(shorten)).toBe('403 AccessDenied')
      const longer = { ...retention, retainUntilDate: inMinutes(90) }
      await client.setObjectRetention(name, 'a', longer)
      await client.setObjectRetention(name, 'a', shorter, { bypassGovernance: true })
      expect(await client.getObjectRetention(name, 'a')).toEqual(shorter)
      const remove = client.removeObject(name, 'a', { versionId })
      expect(await refusal(remove)).toBe('403 AccessDenied')
      await client.removeObject(name, 'a', { versionId, bypassGovernance: true })
      expect(await client.objectExists(name, 'a')).toBe(false)
    },
    { needs },
  )

  defineCase(
    'governance: ends where it is cleared',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const { versionId } = await client.putObject(name, 'a', 'a')
      const retention = { mode: 'GOVERNANCE', retainUntilDate: inMinutes(60) } as const
      await client.setObjectRetention(name, 'a', retention)
      await client.clearObjectRetention(name, 'a', { bypassGovernance: true })
      expect(await client.getObjectRetention(name, 'a')).toBeUndefined()
      await client.removeObject(name, 'a', { versionId })
      expect(await client.objectExists(name, 'a')).toBe(false)
    },
    { needs: [...needs, 'ended retention'] },
  )

  defineCase(
    'compliance: nobody ends it early, and it ends',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const { versionId } = await client.putObject(name, 'a', 'a')
      const retainUntilDate = new Date(Date.now() + 4000)
      await client.setObjectRetention(name, 'a', { mode: 'COMPLIANCE', retainUntilDate })
      const options = { versionId, bypassGovernance: true }
      const remove = () => client.removeObject(name, 'a', options)
      expect(await refusal(remove())).toBe('403 AccessDenied')
      const sooner = new Date(retainUntilDate.getTime() - 1000)
      const shorter = { mode: 'COMPLIANCE', retainUntilDate: sooner } as const
      const shorten = client.setObjectRetention(name, 'a', shorter, options)
      expect(await refusal(shorten)).toBe('403 AccessDenied')
      // Ceph refuses the empty document as such.
      expect(['403 AccessDenied', '400 MalformedXML']).toContain(
        await refusal(client.clearObjectRetention(name, 'a', options)),
      )
      await expect
        .poll(() => remove().then(() => 'removed', String), { timeout: 10_000 })
        .toBe('removed')
    },
    { needs },
  )

  defineCase(
    'legal hold: refuses removal until it is lifted, whoever asks',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const { versionId } = await client.putObject(name, 'a', 'a')
      expect(await client.getObjectLegalHold(name, 'a')).toBe(false)
      await client.setObjectLegalHold(name, 'a', true)
      expect(await client.getObjectLegalHold(name, 'a', { versionId })).toBe(true)
      const options = { versionId, bypassGovernance: true }
      expect(await refusal(client.removeObject(name, 'a', options))).toBe('403 AccessDenied')
      await client.setObjectLegalHold(name, 'a', false)
      expect(await client.getObjectLegalHold(name, 'a')).toBe(false)
      await client.removeObject(name, 'a', { versionId })
      expect(await client.objectExists(name, 'a', { versionId })).toBe(false)
    },
    { needs },
  )

  defineCase(
    'belongs to a version: new ones can be written over it',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const first = await client.putObject(name, 'a', 'first')
      await client.setObjectLegalHold(name, 'a', true)
      const second = await client.putObject(name, 'a', 'second')
      expect(await client.getObjectLegalHold(name, 'a')).toBe(false)
      await client.removeObject(name, 'a', { versionId: second.versionId })
      expect((await contentOf(client, name, 'a')).toString()).toBe('first')
      const refused = client.removeObject(name, 'a', { versionId: first.versionId })
      expect(await refusal(refused)).toBe('403 AccessDenied')
    },
    { needs },
  )

  defineCase(
    'can be set by the headers of an upload',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const until = inMinutes(60)
      const metadata = {
        'x-amz-object-lock-mode': 'GOVERNANCE',
        'x-amz-object-lock-retain-until-date': until.toISOString(),
        'x-amz-object-lock-legal-hold': 'ON',
      }
      await client.putObject(name, 'bytes', 'a', { metadata })
      await client.putObject(name, 'stream', [Buffer.from('a')], { metadata })
      for (const object of ['bytes', 'stream']) {
        expect(await client.getObjectRetention(name, object), object).toEqual({
          mode: 'GOVERNANCE',
          retainUntilDate: until,
        })
        expect(await client.getObjectLegalHold(name, object), object).toBe(true)
      }
    },
    { needs },
  )

  defineCase(
    'can be set by the headers of an upload in parts',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const retainUntilDate = inMinutes(60)
      const metadata = {
        'x-amz-object-lock-mode': 'GOVERNANCE',
        'x-amz-object-lock-retain-until-date': retainUntilDate.toISOString(),
        'x-amz-object-lock-legal-hold': 'ON',
      }
      await client.putObject(name, 'a', pattern(partSize + 1), { metadata, partSize })
      const retention = { mode: 'GOVERNANCE', retainUntilDate }
      expect(await client.getObjectRetention(name, 'a')).toEqual(retention)
      expect(await client.getObjectLegalHold(name, 'a')).toBe(true)
    },
    { needs: [...needs, 'lock of uploads in parts'] },
  )

  defineCase(
    'comes from the default of the bucket',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      await client.putObject(name, 'before', 'a')
      await client.setObjectLockConfig(name, { mode: 'GOVERNANCE', days: 1 })
      const { versionId } = await client.putObject(name, 'after', 'a')
      expect(await client.getObjectRetention(name, 'before')).toBeUndefined()
      const { mode, retainUntilDate } = (await client.getObjectRetention(name, 'after')) ?? {}
      expect(mode).toBe('GOVERNANCE')
      const hours = ((retainUntilDate?.getTime() ?? 0) - Date.now()) / 3_600_000
      expect(Math.round(hours)).toBe(24)
      const refused = client.removeObject(name, 'after', { versionId })
      expect(await refusal(refused)).toBe('403 AccessDenied')
    },
    { needs },
  )

  defineCase(
    'needs a bucket with object lock, and a date to come',
    async ({ client, bucket }) => {
      const plain = await bucket()
      await client.putObject(plain, 'a', 'a')
      const retention = { mode: 'GOVERNANCE', retainUntilDate: inMinutes(1) } as const
      const unlocked = client.setObjectRetention(plain, 'a', retention)
      expect(await refusal(unlocked)).toBe('400 InvalidRequest')
      expect(await refusal(client.setObjectLegalHold(plain, 'a', true))).toBe('400 InvalidRequest')
      const name = await bucket({ objectLock: true })
      await client.putObject(name, 'a', 'a')
      const past = { ...retention, retainUntilDate: inMinutes(-60) }
      expect(await refusal(client.setObjectRetention(name, 'a', past))).toBe('400 InvalidArgument')
    },
    { needs },
  )
})
