import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { codeOf } from './harness/refusals.ts'
import { beginUpload } from './harness/uploads.ts'

conformance('removeBucket', (defineCase) => {
  defineCase('removes an empty bucket, once', async ({ client, bucket }) => {
    const name = await bucket()
    await client.removeBucket(name)
    expect(await client.bucketExists(name)).toBe(false)
    expect(await codeOf(client.removeBucket(name))).toBe('NoSuchBucket')
  })

  defineCase('refuses a bucket that has an object', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'key', 'kept')
    expect(await codeOf(client.removeBucket(name))).toBe('BucketNotEmpty')
    expect(await (await client.getObject(name, 'key')).text()).toBe('kept')
    await client.removeObject(name, 'key')
    await client.removeBucket(name)
    expect(await client.bucketExists(name)).toBe(false)
  })

  defineCase('refuses a bucket that has old versions alone', async ({ client, bucket }) => {
    const name = await bucket()
    await client.enableBucketVersioning(name)
    const put = await client.putObject(name, 'key', 'old')
    const marker = await client.removeObject(name, 'key')
    expect(await client.listObjectsV2(name).toArray()).toEqual([])
    expect(await codeOf(client.removeBucket(name))).toBe('BucketNotEmpty')
    await client.removeObject(name, 'key', { versionId: put.versionId })
    // A delete marker is content as well.
    expect(await codeOf(client.removeBucket(name))).toBe('BucketNotEmpty')
    await client.removeObject(name, 'key', { versionId: marker.versionId })
    await client.removeBucket(name)
    expect(await client.bucketExists(name)).toBe(false)
  })

  defineCase('ends uploads under way', async ({ client, bucket }) => {
    const name = await bucket()
    await beginUpload(client, name, 'key')
    await client.removeBucket(name)
    await client.makeBucket(name)
    expect(await client.listIncompleteUploads(name, { recursive: true }).toArray()).toEqual([])
  })

  defineCase('leaves nothing for a new bucket of the name', async ({ client, bucket }) => {
    const name = await bucket()
    await client.enableBucketVersioning(name)
    await client.setBucketTags(name, { old: 'tag' })
    await client.removeBucket(name)
    await client.makeBucket(name)
    expect((await client.getBucketVersioning(name)).status).toBeUndefined()
    expect(await client.getBucketTags(name)).toEqual({})
    expect(await client.putObject(name, 'key', 'new')).toMatchObject({ versionId: undefined })
  })

  defineCase('is refused to who has no keys', async ({ client, anonymous, bucket }) => {
    const name = await bucket()
    expect(await codeOf(anonymous().removeBucket(name))).toBe('AccessDenied')
    expect(await client.bucketExists(name)).toBe(true)
  })
})
