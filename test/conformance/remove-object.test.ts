import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { contentOf, keysOf, md5, refusal } from './harness/content.ts'

conformance('removeObject', (defineCase) => {
  defineCase('removes one object and no other', async ({ client, bucket }) => {
    const name = await bucket()
    for (const key of ['a', 'a/', 'a/b', 'ab']) await client.putObject(name, key, key)
    const result = await client.removeObject(name, 'a/')
    expect(result).toEqual({ versionId: undefined, isDeleteMarker: false })
    expect(await keysOf(client, name)).toEqual(['a', 'a/b', 'ab'])
  })

  defineCase('has nothing against what is not there', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a')
    for (let time = 0; time < 2; time++) await client.removeObject(name, 'a')
    expect(await keysOf(client, name)).toEqual([])
    await client.removeBucket(name)
    expect(await refusal(client.removeObject(name, 'a'))).toBe('404 NoSuchBucket')
  })

  defineCase(
    'removes under a condition only',
    async ({ client, bucket }) => {
      const name = await bucket()
      const { etag } = await client.putObject(name, 'a', 'a')
      const remove = (ifMatch: string) =>
        client.removeObject(name, 'a', { conditions: { ifMatch } })
      expect(await refusal(remove(md5('other')))).toBe('412 PreconditionFailed')
      expect((await contentOf(client, name, 'a')).toString()).toBe('a')
      await remove(etag)
      expect(await keysOf(client, name)).toEqual([])
      await client.putObject(name, 'a', 'b')
      await remove('*')
      expect(await keysOf(client, name)).toEqual([])
    },
    { needs: ['conditional removals'] },
  )

  defineCase(
    'lays delete markers, and removes versions and markers by their ids',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const first = await client.putObject(name, 'a', 'first')
      const second = await client.putObject(name, 'a', 'second')
      const marker = await client.removeObject(name, 'a')
      expect(marker.isDeleteMarker).toBe(true)
      expect(await refusal(client.getObject(name, 'a'))).toBe('404 NoSuchKey')
      const listed = await client.listObjectsV2(name, { includeVersions: true }).toArray()
      expect(listed).toMatchObject([
        { object: 'a', versionId: marker.versionId, isDeleteMarker: true, isLatest: true },
        { object: 'a', versionId: second.versionId, isDeleteMarker: false, isLatest: false },
        { object: 'a', versionId: first.versionId, isDeleteMarker: false, isLatest: false },
      ])
      const { versionId } = marker
      expect(await client.removeObject(name, 'a', { versionId })).toEqual(marker)
      expect((await contentOf(client, name, 'a')).toString()).toBe('second')
      const removed = await client.removeObject(name, 'a', { versionId: second.versionId })
      expect(removed).toEqual({ versionId: second.versionId, isDeleteMarker: false })
      expect((await contentOf(client, name, 'a')).toString()).toBe('first')
      // Again, and for good.
      await client.removeObject(name, 'a', { versionId: second.versionId })
      await client.removeObject(name, 'a', { versionId: first.versionId })
      expect(await client.listObjectsV2(name, { includeVersions: true }).toArray()).toEqual([])
    },
    { needs: ['versions'] },
  )

  defineCase(
    'replaces the null version while versioning is suspended',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const kept = await client.putObject(name, 'a', 'kept')
      await client.disableBucketVersioning(name)
      await client.putObject(name, 'a', 'null')
      const marker = await client.removeObject(name, 'a')
      expect(marker).toEqual({ versionId: 'null', isDeleteMarker: true })
      const listed = await client.listObjectsV2(name, { includeVersions: true }).toArray()
      expect(listed).toMatchObject([
        { versionId: 'null', isDeleteMarker: true },
        { versionId: kept.versionId, isDeleteMarker: false },
      ])
    },
    { needs: ['versions'] },
  )

  defineCase(
    'passes over governance only when told to',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const { versionId } = await client.putObject(name, 'a', 'a')
      const retainUntilDate = new Date(Date.now() + 3_600_000)
      await client.setObjectRetention(name, 'a', { mode: 'GOVERNANCE', retainUntilDate })
      const refused = client.removeObject(name, 'a', { versionId })
      expect(await refusal(refused)).toBe('403 AccessDenied')
      const marker = await client.removeObject(name, 'a')
      expect(marker.isDeleteMarker).toBe(true)
      expect(await client.objectExists(name, 'a', { versionId })).toBe(true)
      await client.removeObject(name, 'a', { versionId, bypassGovernance: true })
      expect(await client.objectExists(name, 'a', { versionId })).toBe(false)
    },
    { needs: ['object lock'] },
  )
})
