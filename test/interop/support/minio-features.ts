import type { Client } from 'minio'

import { type Features, type Locks, type Version, daysFromNow, tagsOf } from './features.ts'

/** What MinIO's library does beyond plain objects. */
export function minioFeatures(client: Client): Features {
  return {
    versions: {
      enable: (bucket) => client.setBucketVersioning(bucket, { Status: 'Enabled' }),
      list: (bucket, key) => minioVersions(client, bucket, key),
      get: async (bucket, key, versionId) => {
        const stream = await client.getObject(bucket, key, { versionId })
        const pieces: Buffer[] = await stream.toArray()
        return Buffer.concat(pieces)
      },
      remove: (bucket, key, versionId) => client.removeObject(bucket, key, { versionId }),
    },
    policies: {
      set: (bucket, policy) => client.setBucketPolicy(bucket, policy),
      get: (bucket) => client.getBucketPolicy(bucket),
      // An empty policy takes it away.
      remove: (bucket) => client.setBucketPolicy(bucket, ''),
    },
    bucketTags: {
      set: (bucket, tags) => client.setBucketTagging(bucket, tags),
      get: async (bucket) => tagsOf(await client.getBucketTagging(bucket)),
      remove: (bucket) => client.removeBucketTagging(bucket),
    },
    objectTags: {
      set: (bucket, key, tags) => client.setObjectTagging(bucket, key, tags),
      get: async (bucket, key) => tagsOf(await client.getObjectTagging(bucket, key)),
      remove: (bucket, key) => client.removeObjectTagging(bucket, key, { versionId: '' }),
    },
    locks: minioLocks(client),
    uploads: {
      list: async (bucket) => {
        const found: { key: string }[] = await client
          .listIncompleteUploads(bucket, '', true)
          .toArray()
        return found.map(({ key }) => key)
      },
      abort: (bucket, key, uploadId) => client.abortMultipartUpload(bucket, key, uploadId),
    },
  }
}

interface ListedVersion {
  readonly versionId: string
  readonly isDeleteMarker?: boolean
}

async function minioVersions(client: Client, bucket: string, key: string): Promise<Version[]> {
  const listing = client.listObjects(bucket, key, true, { IncludeVersion: true })
  const found: ListedVersion[] = await listing.toArray()
  return found.map(({ versionId, isDeleteMarker = false }) => ({ versionId, isDeleteMarker }))
}

function minioLocks(client: Client): Locks {
  return {
    makeBucket: (bucket) => client.makeBucket(bucket, '', { ObjectLocking: true }),
    retain: (bucket, key, days) =>
      client.putObjectRetention(bucket, key, {
        mode: 'GOVERNANCE',
        retainUntilDate: daysFromNow(days).toISOString(),
        versionId: '',
      }),
    retention: async (bucket, key) => {
      const found = await client.getObjectRetention(bucket, key)
      return { mode: found?.mode ?? '', until: new Date(found?.retainUntilDate ?? Number.NaN) }
    },
    setHold: async (bucket, key, on) =>
      client.setObjectLegalHold(bucket, key, { status: on ? 'ON' : 'OFF' }),
    hold: async (bucket, key) => {
      const found: unknown = await client.getObjectLegalHold(bucket, key)
      return JSON.stringify(found).includes('ON')
    },
  }
}
