import { expect } from 'vitest'
import { removeWithContent } from './harness/clean-up.ts'
import { conformance } from './harness/conformance.ts'
import { beginUpload } from './harness/uploads.ts'

conformance('clean-up of the suite', (defineCase) => {
  defineCase(
    'removes versions, markers, what is locked, and uploads',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const retainUntilDate = new Date(Date.now() + 3600 * 1000)
      for (const key of ['plain', 'governed', 'held', 'both', '\u0001', 'ü/../x']) {
        await client.putObject(name, key, 'old')
        await client.putObject(name, key, 'new')
        await client.removeObject(name, key)
        const { versionId } = await client.putObject(name, key, 'last')
        if (key === 'governed' || key === 'both') {
          const retention = { mode: 'GOVERNANCE', retainUntilDate } as const
          await client.setObjectRetention(name, key, retention, { versionId })
        }
        if (key === 'held' || key === 'both') await client.setObjectLegalHold(name, key, true)
        await beginUpload(client, name, key)
      }
      await client.setBucketPolicy(name, {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Deny',
          Principal: '*',
          // To Ceph the owner is like anybody else, and must be able to take it back.
          NotAction: 's3:DeleteBucketPolicy',
          Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
        },
      })
      await removeWithContent(client, name)
      expect(await client.bucketExists(name)).toBe(false)
    },
    { needs: ['object lock', 'bucket policy', 'hostile keys'] },
  )
})
