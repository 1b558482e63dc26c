import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

conformance('enableBucketVersioning', (defineCase) => {
  defineCase('keeps what is written from then on', async ({ client, bucket }) => {
    const name = await bucket()
    expect((await client.putObject(name, 'key', 'before')).versionId).toBeUndefined()
    await client.enableBucketVersioning(name)
    expect((await client.getBucketVersioning(name)).status).toBe('Enabled')
    const { versionId } = await client.putObject(name, 'key', 'after')
    expect(versionId).toMatch(/./)
    expect(versionId).not.toBe('null')
    expect(await (await client.getObject(name, 'key')).text()).toBe('after')
    const before = await client.getObject(name, 'key', { versionId: 'null' })
    expect(await before.text()).toBe('before')
    const after = await client.getObject(name, 'key', { versionId })
    expect(await after.text()).toBe('after')
  })

  defineCase('may be said twice', async ({ client, bucket }) => {
    const name = await bucket()
    await client.enableBucketVersioning(name)
    await client.enableBucketVersioning(name)
    expect((await client.getBucketVersioning(name)).status).toBe('Enabled')
  })

  defineCase(
    'excludes prefixes and folders, and keeps that unless told otherwise',
    async ({ client, bucket }) => {
      const name = await bucket()
      const excludedPrefixes = ['tmp/', 'a&b <c>/*']
      await client.enableBucketVersioning(name, { excludedPrefixes, excludeFolders: true })
      const expected = { status: 'Enabled', excludedPrefixes, excludeFolders: true }
      expect(await client.getBucketVersioning(name)).toMatchObject(expected)
      await client.enableBucketVersioning(name)
      expect(await client.getBucketVersioning(name)).toMatchObject(expected)
      const { versionId } = await client.putObject(name, 'tmp/key', '')
      expect(versionId ?? 'null').toBe('null')
      await client.enableBucketVersioning(name, { excludedPrefixes: [], excludeFolders: false })
      const nothing = { status: 'Enabled', excludedPrefixes: [], excludeFolders: false }
      expect(await client.getBucketVersioning(name)).toMatchObject(nothing)
    },
    { needs: ['versioning exclusions'] },
  )

  defineCase('says that the bucket is missing', async ({ client, bucketName }) => {
    expect(await codeOf(client.enableBucketVersioning(bucketName()))).toBe('NoSuchBucket')
  })

  defineCase('is refused to who has no keys', async ({ client, anonymous, bucket }) => {
    const name = await bucket()
    expect(await codeOf(anonymous().enableBucketVersioning(name))).toBe('AccessDenied')
    expect((await client.getBucketVersioning(name)).status).toBeUndefined()
  })

  defineCase('refuses wrong options without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const enable = newClient({}).enableBucketVersioning
    const wrong = [{ excludedPrefixes: 'a' }, { excludedPrefixes: [1] }, { excludeFolders: 'yes' }]
    for (const options of wrong) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(enable, client, [name, options]),
        JSON.stringify(options),
      )
    }
  })
})

conformance('disableBucketVersioning', (defineCase) => {
  defineCase('suspends: old versions stay, new ones are null', async ({ client, bucket }) => {
    const name = await bucket()
    await client.enableBucketVersioning(name)
    const { versionId } = await client.putObject(name, 'key', 'kept')
    await client.disableBucketVersioning(name)
    expect((await client.getBucketVersioning(name)).status).toBe('Suspended')
    await client.putObject(name, 'key', 'first')
    await client.putObject(name, 'key', 'second')
    expect(await (await client.getObject(name, 'key')).text()).toBe('second')
    expect(await (await client.getObject(name, 'key', { versionId })).text()).toBe('kept')
    const versions = await client.listObjects(name, { includeVersions: true }).toArray()
    expect(versions).toMatchObject([{ versionId: 'null' }, { versionId }])
  })

  defineCase('suspends what never was enabled', async ({ client, bucket }) => {
    const name = await bucket()
    await client.disableBucketVersioning(name)
    expect((await client.getBucketVersioning(name)).status).toBe('Suspended')
  })

  defineCase('says that the bucket is missing', async ({ client, bucketName }) => {
    expect(await codeOf(client.disableBucketVersioning(bucketName()))).toBe('NoSuchBucket')
  })
})

conformance('getBucketVersioning', (defineCase) => {
  defineCase('tells that nothing ever was said', async ({ client, bucket }) => {
    expect(await client.getBucketVersioning(await bucket())).toEqual({
      status: undefined,
      mfaDelete: undefined,
      excludedPrefixes: [],
      excludeFolders: false,
    })
  })

  defineCase('says that the bucket is missing', async ({ client, bucketName }) => {
    expect(await codeOf(client.getBucketVersioning(bucketName()))).toBe('NoSuchBucket')
  })
})
