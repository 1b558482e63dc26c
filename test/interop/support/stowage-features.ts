import type { Client } from 'stowage'

import { daysFromNow, type Features } from './features.ts'

/** What our library does beyond plain objects. */
export function stowageFeatures(client: Client): Features {
  return {
    versions: {
      enable: (bucket) => client.enableBucketVersioning(bucket),
      list: async (bucket, prefix) => {
        const listing = client.listObjectsV2(bucket, { prefix, includeVersions: true })
        const entries = await listing.toArray()
        return entries.flatMap((entry) =>
          entry.isPrefix
            ? []
            : [{ versionId: entry.versionId, isDeleteMarker: entry.isDeleteMarker }],
        )
      },
      get: async (bucket, key, versionId) =>
        Buffer.from(await (await client.getObject(bucket, key, { versionId })).bytes()),
      remove: (bucket, key, versionId) => client.removeObject(bucket, key, { versionId }),
    },
    policies: {
      set: (bucket, policy) => client.setBucketPolicy(bucket, policy),
      get: (bucket) => client.getBucketPolicy(bucket),
      remove: (bucket) => client.deleteBucketPolicy(bucket),
    },
    bucketTags: {
      set: (bucket, tags) => client.setBucketTags(bucket, tags),
      get: (bucket) => client.getBucketTags(bucket),
      remove: (bucket) => client.deleteBucketTags(bucket),
    },
    objectTags: {
      set: (bucket, key, tags) => client.setObjectTags(bucket, key, tags),
      get: (bucket, key) => client.getObjectTags(bucket, key),
      remove: (bucket, key) => client.deleteObjectTags(bucket, key),
    },
    locks: {
      makeBucket: (bucket) => client.makeBucket(bucket, { objectLock: true }),
      retain: (bucket, key, days) =>
        client.setObjectRetention(bucket, key, {
          mode: 'GOVERNANCE',
          retainUntilDate: daysFromNow(days),
        }),
      retention: async (bucket, key) => {
        const found = await client.getObjectRetention(bucket, key)
        return { mode: found?.mode ?? '', until: found?.retainUntilDate ?? new Date(0) }
      },
      setHold: (bucket, key, on) => client.setObjectLegalHold(bucket, key, on),
      hold: (bucket, key) => client.getObjectLegalHold(bucket, key),
    },
    uploads: {
      list: async (bucket) => {
        const found = await client.listIncompleteUploads(bucket, { recursive: true }).toArray()
        return found.flatMap((entry) => (entry.isPrefix ? [] : [entry.object]))
      },
      abort: (bucket, key) => client.removeIncompleteUpload(bucket, key),
    },
  }
}
