import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { codeOf, expectRefusedLocally, statusOf } from './harness/refusals.ts'

/** What no new bucket may be called, from the "General purpose bucket naming rules" of S3. */
const wrongNames: readonly unknown[] = [
  '',
  'ab',
  'a'.repeat(64),
  '   ',
  'Upper',
  'under_score',
  'co:lon',
  'has space',
  'ha#sh',
  'a=b',
  'a$b',
  'a*b',
  'a/b',
  '192.168.5.4',
  '-lead',
  'trail-',
  '.lead',
  'trail.',
  'dot..dot',
  'dot.-dash',
  'dash-.dot',
  'xn--bucket',
  'bucket-s3alias',
  'bucket--x-s3',
  'bücket',
  undefined,
  null,
  123,
]

conformance('makeBucket', (defineCase) => {
  defineCase('makes an empty bucket that keeps no versions', async ({ client, bucketName }) => {
    const name = bucketName()
    expect(await client.bucketExists(name)).toBe(false)
    await client.makeBucket(name)
    expect(await client.bucketExists(name)).toBe(true)
    expect(await client.listObjectsV2(name, { recursive: true }).toArray()).toEqual([])
    expect((await client.getBucketVersioning(name)).status).toBeUndefined()
  })

  defineCase('takes names of 3 to 63 characters, with digits, dots and dashes', async (context) => {
    const { client, bucketName } = context
    const names = [
      bucketName((random) => random.slice(0, 3)),
      bucketName((random) => random.padEnd(63, 'z')),
      bucketName((random) => `${random}.with.dots`),
      bucketName((random) => `0-${random}-9`),
      bucketName((random) => BigInt(`0x${random}`).toString().padStart(20, '0')),
    ]
    for (const name of names) {
      await client.makeBucket(name)
      await client.putObject(name, 'key', name)
      expect(await (await client.getObject(name, 'key')).text(), name).toBe(name)
    }
  })

  defineCase('refuses wrong names without a request', async ({ newClient }) => {
    for (const name of wrongNames) {
      // A caller without types may give anything.
      const make = newClient({}).makeBucket
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(make, client, [name]),
        JSON.stringify(name) ?? 'undefined',
      )
    }
  })

  defineCase('refuses wrong options without a request', async ({ newClient, bucketName }) => {
    const wrong = [{ region: '' }, { region: 'no region' }, { region: 7 }, { objectLock: 'yes' }]
    for (const options of wrong) {
      const make = newClient({}).makeBucket
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(make, client, [bucketName(), options]),
        JSON.stringify(options),
      )
    }
  })

  defineCase('refuses a region other than the fixed one of the client', async (context) => {
    const { newClient, bucketName } = context
    await expectRefusedLocally(
      (hooks) => newClient({ ...hooks, region: 'us-east-1' }),
      (client) => client.makeBucket(bucketName(), { region: 'eu-west-1' }),
      'region',
    )
  })

  defineCase('takes the default region by name', async ({ client, bucketName }) => {
    const name = bucketName()
    await client.makeBucket(name, { region: 'us-east-1' })
    expect(await client.bucketExists(name)).toBe(true)
  })

  defineCase(
    'makes a bucket in another region, which every client finds',
    async ({ client, newClient, bucketName }) => {
      const name = bucketName()
      await client.makeBucket(name, { region: 'eu-west-1' })
      await client.putObject(name, 'key', 'there')
      expect(await (await newClient({}).getObject(name, 'key')).text()).toBe('there')
    },
    { needs: ['other regions'] },
  )

  defineCase(
    'surfaces that the store is not in the region',
    async ({ client, bucketName }) => {
      const name = bucketName()
      const code = await codeOf(client.makeBucket(name, { region: 'eu-west-1' }))
      expect([
        'IllegalLocationConstraintException',
        'InvalidLocationConstraint',
        'InvalidRegion',
      ]).toContain(code)
      // What was refused has taught nothing: the bucket is still looked for at home.
      expect(await client.bucketExists(name)).toBe(false)
      await client.makeBucket(name)
      await client.putObject(name, 'key', 'here')
    },
    { needs: ['one region'] },
  )

  defineCase(
    'says that the bucket is yours already, and leaves it as it is',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'key', 'kept')
      expect(await codeOf(client.makeBucket(name))).toBe('BucketAlreadyOwnedByYou')
      expect(await statusOf(client.makeBucket(name, { objectLock: true }))).toBe(409)
      expect(await (await client.getObject(name, 'key')).text()).toBe('kept')
      expect((await client.getBucketVersioning(name)).status).toBeUndefined()
    },
    { needs: ['fresh 409'] },
  )

  defineCase('makes one bucket for several who ask at once', async ({ client, bucketName }) => {
    const name = bucketName()
    const calls = Array.from({ length: 5 }, () => client.makeBucket(name))
    const results = await Promise.allSettled(calls)
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true)
    expect(await client.bucketExists(name)).toBe(true)
  })

  defineCase('is refused to who has no keys', async ({ client, anonymous, bucketName }) => {
    const name = bucketName()
    expect(await codeOf(anonymous().makeBucket(name))).toBe('AccessDenied')
    expect(await client.bucketExists(name)).toBe(false)
  })

  defineCase(
    'is refused to who may not, also for a bucket of others',
    async ({ otherUser, bucket, bucketName }) => {
      const other = otherUser()
      expect(await codeOf(other.makeBucket(bucketName()))).toBe('AccessDenied')
      expect([403, 409]).toContain(await statusOf(other.makeBucket(await bucket())))
    },
    { needs: ['other users', 'users without rights'] },
  )

  defineCase(
    'with object lock keeps versions, for good',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      expect((await client.getBucketVersioning(name)).status).toBe('Enabled')
      expect(await client.getObjectLockConfig(name)).toEqual({})
      expect(await codeOf(client.disableBucketVersioning(name))).toBe('InvalidBucketState')
      expect((await client.getBucketVersioning(name)).status).toBe('Enabled')
    },
    { needs: ['object lock'] },
  )
})
