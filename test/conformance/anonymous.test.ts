import { expect } from 'vitest'
import { S3Error } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { contentOf, rejection, refusal, keysOf } from './harness/content.ts'

conformance('anonymous client', (defineCase) => {
  defineCase('may do nothing by default', async ({ client, bucket, anonymous }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a')
    const nobody = anonymous()
    for (const call of [
      () => nobody.getObject(name, 'a'),
      () => nobody.statObject(name, 'a'),
      () => nobody.putObject(name, 'b', 'b'),
      () => nobody.removeObject(name, 'a'),
      () => nobody.listObjectsV2(name).toArray(),
      () => nobody.bucketExists(name),
    ]) {
      expect(await refusal(call())).toBe('403 AccessDenied')
    }
    expect((await contentOf(client, name, 'a')).toString()).toBe('a')
  })

  defineCase(
    'may do what a policy opens to all',
    async ({ client, bucket, anonymous }) => {
      const name = await bucket()
      await client.putObject(name, 'public/ä', 'open')
      await client.putObject(name, 'private/a', 'closed')
      await client.setBucketPolicy(name, {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:GetObject',
            Resource: `arn:aws:s3:::${name}/public/*`,
          },
          {
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${name}/inbox/*`,
          },
        ],
      })
      const nobody = anonymous()
      expect((await contentOf(nobody, name, 'public/ä')).toString()).toBe('open')
      expect((await nobody.statObject(name, 'public/ä')).sizeBytes).toBe(4)
      expect(await refusal(nobody.getObject(name, 'private/a'))).toBe('403 AccessDenied')
      // Who may not list is not told what is missing.
      expect(await refusal(nobody.getObject(name, 'public/absent'))).toBe('403 AccessDenied')
      expect(await refusal(nobody.putObject(name, 'public/b', 'b'))).toBe('403 AccessDenied')
      expect(await refusal(nobody.removeObject(name, 'public/ä'))).toBe('403 AccessDenied')
      await nobody.putObject(name, 'inbox/a', 'from anybody')
      // Who owns it then, and may read it, is not the same everywhere.
      expect(await keysOf(client, name)).toContain('inbox/a')
      await client.deleteBucketPolicy(name)
      expect(await refusal(nobody.getObject(name, 'public/ä'))).toBe('403 AccessDenied')
    },
    { needs: ['bucket policy'] },
  )
})

conformance('errors', (defineCase) => {
  defineCase('carry what the store said', async ({ client, bucket }) => {
    const name = await bucket()
    const error = await rejection(client.getObject(name, 'folder/absent ä'))
    expect(error).toBeInstanceOf(S3Error)
    expect(error).toMatchObject({
      code: 'NoSuchKey',
      status: 404,
      operation: 'GetObject',
      bucket: name,
      key: 'folder/absent ä',
      attempts: 1,
      retryable: false,
    })
    expect(error).toHaveProperty('requestId', expect.stringMatching(/./))
  })

  defineCase('name a missing bucket in every operation', async ({ client, bucket }) => {
    const name = await bucket()
    await client.removeBucket(name)
    for (const call of [
      () => client.getObject(name, 'a'),
      () => client.putObject(name, 'a', 'a'),
      () => client.removeObject(name, 'a'),
      () => client.listObjectsV2(name).toArray(),
      () => client.listObjects(name).toArray(),
      () => client.listIncompleteUploads(name).toArray(),
      () => client.removeIncompleteUpload(name, 'a'),
      () => client.getObjectTags(name, 'a'),
      () => client.removeBucket(name),
    ]) {
      expect(await refusal(call())).toBe('404 NoSuchBucket')
    }
  })

  defineCase('tell wrong keys from missing ones', async ({ bucket, newClient }) => {
    const name = await bucket()
    const wrongSecret = newClient({ secretKey: 'wrong-secret-key' })
    const wrongName = newClient({ accessKey: 'nobody-has-this-key' })
    const list = wrongSecret.listObjectsV2(name).toArray()
    expect(await refusal(list)).toBe('403 SignatureDoesNotMatch')
    const other = wrongName.listObjectsV2(name).toArray()
    expect(await refusal(other)).toBe('403 InvalidAccessKeyId')
    // HEAD has no body to say more.
    expect(await refusal(wrongSecret.statObject(name, 'a'))).toMatch(/^403 /)
    const put = wrongSecret.putObject(name, 'a', 'x'.repeat(300_000))
    expect(await refusal(put)).toBe('403 SignatureDoesNotMatch')
  })
})
