import { expect, it, type TestContext } from 'vitest'

import { allClients } from './support/drivers.ts'
import type { Features, Tags } from './support/features.ts'
import { failureOf } from './support/fixture.ts'
import { describeClients, placeNames, type Meeting } from './support/meeting-place.ts'
import { sendUrl } from './support/raw-http.ts'
import { startUpload } from './support/uploads.ts'

const bytes = Buffer.from('first')
const later = Buffer.from('second')
const key = 'folder/a key'

const elsewhere = placeNames.includes('endpoint')

/** mc says it in a sentence of its own; awscli 2.9 fails itself on errors without a message (Ceph). */
const withoutCodes: ReadonlySet<string> = new Set(elsewhere ? ['mc', 'awscli'] : ['mc'])

/** A part of what a client does, and ours for the same. Skips where the client has no call for it. */
function partOf<Name extends keyof Features>(
  { client, witness }: Meeting,
  name: Name,
  skip: TestContext['skip'],
): { theirs: NonNullable<Features[Name]>; ours: NonNullable<Features[Name]> } {
  const theirs = client.features[name]
  const ours = witness.features[name]
  if (!theirs || !ours) return skip('this client has no call for it')
  return { theirs, ours }
}

describeClients('features', allClients, (meeting) => {
  it('tells the code of S3', async () => {
    const { client, name, witness, newBucket, newBucketName } = meeting()
    const missing = await failureOf(client.list(newBucketName()))
    if (!withoutCodes.has(name)) expect(client.codeOf(missing)).toBe('NoSuchBucket')
    const bucket = await newBucket()
    await client.put(bucket, 'key', bytes)
    const full = await failureOf(client.removeBucket(bucket))
    if (!withoutCodes.has(name)) expect(client.codeOf(full)).toBe('BucketNotEmpty')
    expect(await witness.get(bucket, 'key')).toEqual(bytes)
  })

  it('makes URLs that read', async ({ skip }) => {
    const { client, witness, newBucket } = meeting()
    if (client.presignGet === undefined) skip('this client signs no URLs with version 4')
    const bucket = await newBucket()
    await witness.put(bucket, key, bytes)
    const got = await sendUrl((await client.presignGet?.(bucket, key)) ?? '')
    expect([got.status, got.body]).toEqual([200, bytes])
  })

  it('keeps versions', async ({ skip }) => {
    const { client, name, witness, newBucket } = meeting()
    const { theirs, ours } = partOf(meeting(), 'versions', skip)
    const bucket = await newBucket()
    await theirs.enable(bucket)
    await client.put(bucket, key, bytes)
    await client.put(bucket, key, later)
    await client.remove(bucket, key)
    const versions = await ours.list(bucket, key)
    expect(versions.map(({ isDeleteMarker }) => isDeleteMarker)).toEqual([true, false, false])
    // minio-js puts the delete markers last.
    expect(new Set(await theirs.list(bucket, key))).toEqual(new Set(versions))
    const [marker, second, first] = versions.map(({ versionId }) => versionId)
    expect(await theirs.get(bucket, key, first ?? '')).toEqual(bytes)
    expect(await ours.get(bucket, key, second ?? '')).toEqual(later)
    // mc looks for what it removes first, and Ceph tells a delete marker like nothing (404, not 405).
    const remover = name === 'mc' && elsewhere ? ours : theirs
    await remover.remove(bucket, key, marker ?? '')
    expect(await witness.get(bucket, key)).toEqual(later)
    await theirs.remove(bucket, key, second ?? '')
    expect(await client.get(bucket, key)).toEqual(bytes)
  })

  it('sets, reads and removes a policy', async ({ skip }) => {
    const { client, target, newBucket } = meeting()
    const { theirs, ours } = partOf(meeting(), 'policies', skip)
    const bucket = await newBucket()
    await client.put(bucket, 'public', bytes)
    const anonymous = async (): Promise<number> =>
      (await sendUrl(`http://127.0.0.1:${target.port}/${bucket}/public`)).status
    expect(await anonymous()).toBe(403)
    const policy = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: ['*'] },
          Action: ['s3:GetObject'],
          Resource: [`arn:aws:s3:::${bucket}/*`],
        },
      ],
    }
    await theirs.set(bucket, JSON.stringify(policy))
    expect(await anonymous()).toBe(200)
    expect(JSON.parse(await ours.get(bucket))).toMatchObject(policy)
    expect(JSON.parse(await theirs.get(bucket))).toMatchObject(policy)
    await theirs.remove(bucket)
    expect(await anonymous()).toBe(403)
  })

  it('tags objects', async ({ skip }) => {
    const { client, newBucket } = meeting()
    const { theirs, ours } = partOf(meeting(), 'objectTags', skip)
    const some: Tags = { 'a b+c': 'x/y=z @', empty: '', colon: 'a:b_c.d-e' }
    const bucket = await newBucket()
    await client.put(bucket, key, bytes)
    await theirs.set(bucket, key, some)
    expect(await ours.get(bucket, key)).toEqual(some)
    expect(await theirs.get(bucket, key)).toEqual(some)
    await theirs.remove(bucket, key)
    expect(await ours.get(bucket, key)).toEqual({})
    await ours.set(bucket, key, some)
    expect(await theirs.get(bucket, key)).toEqual(some)
  })

  it('tags buckets', async ({ skip }) => {
    const { theirs, ours } = partOf(meeting(), 'bucketTags', skip)
    const bucket = await meeting().newBucket()
    const some = { team: 'storage', cost: 'a b' }
    await theirs.set(bucket, some)
    expect(await ours.get(bucket)).toEqual(some)
    expect(await theirs.get(bucket)).toEqual(some)
    await theirs.remove(bucket)
    expect(await ours.get(bucket)).toEqual({})
  })

  it('locks objects', async ({ skip }) => {
    const { client, name, newBucketName } = meeting()
    const { theirs, ours } = partOf(meeting(), 'locks', skip)
    const bucket = newBucketName()
    await theirs.makeBucket(bucket)
    await client.put(bucket, key, bytes)
    await theirs.retain(bucket, key, 30)
    const retention = await ours.retention(bucket, key)
    expect(await theirs.retention(bucket, key)).toEqual(retention)
    expect(retention.mode).toBe('GOVERNANCE')
    const days = (retention.until.getTime() - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(29.9)
    expect(days).toBeLessThan(30.1)

    await theirs.setHold(bucket, key, true)
    expect([await theirs.hold(bucket, key), await ours.hold(bucket, key)]).toEqual([true, true])
    await ours.setHold(bucket, key, false)
    expect([await theirs.hold(bucket, key), await ours.hold(bucket, key)]).toEqual([false, false])

    const { theirs: versions } = partOf(meeting(), 'versions', skip)
    const versionId = (await versions.list(bucket, key))[0]?.versionId ?? ''
    const kept = await failureOf(versions.remove(bucket, key, versionId))
    if (!withoutCodes.has(name)) expect(client.codeOf(kept)).toBe('AccessDenied')
    expect(await versions.get(bucket, key, versionId)).toEqual(bytes)
  })

  it('finds and ends uploads that others began', async ({ skip }) => {
    const { target, newBucket } = meeting()
    const { theirs, ours } = partOf(meeting(), 'uploads', skip)
    const bucket = await newBucket()
    const uploadId = await startUpload(target, bucket, 'began/here')
    expect(await theirs.list(bucket)).toEqual(['began/here'])
    await theirs.abort(bucket, 'began/here', uploadId)
    expect(await ours.list(bucket)).toEqual([])
  })
})
