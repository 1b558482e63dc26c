import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3'

import {
  type Features,
  type Locks,
  type Versions,
  daysFromNow,
  tagPairs,
  tagsOf,
} from './features.ts'

/** What AWS's library does beyond plain objects. */
export function awsFeatures(client: S3Client): Features {
  return {
    versions: awsVersions(client),
    policies: {
      set: (Bucket, Policy) => client.send(new PutBucketPolicyCommand({ Bucket, Policy })),
      get: async (Bucket) =>
        (await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy ?? '',
      remove: (Bucket) => client.send(new DeleteBucketPolicyCommand({ Bucket })),
    },
    bucketTags: {
      set: (Bucket, tags) =>
        client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tagPairs(tags) } })),
      get: async (Bucket) =>
        tagsOf((await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet),
      remove: (Bucket) => client.send(new DeleteBucketTaggingCommand({ Bucket })),
    },
    objectTags: {
      set: (Bucket, Key, tags) => {
        const Tagging = { TagSet: tagPairs(tags) }
        return client.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging }))
      },
      get: async (Bucket, Key) =>
        tagsOf((await client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet),
      remove: (Bucket, Key) => client.send(new DeleteObjectTaggingCommand({ Bucket, Key })),
    },
    locks: awsLocks(client),
    uploads: {
      list: async (Bucket) => {
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
        return Uploads.map(({ Key = '' }) => Key)
      },
      abort: (Bucket, Key, UploadId) =>
        client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    },
  }
}

function awsVersions(client: S3Client): Versions {
  return {
    enable: (Bucket) => {
      const VersioningConfiguration = { Status: 'Enabled' } as const
      return client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }))
    },
    list: async (Bucket, Prefix) => {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix }))
      const { Versions = [], DeleteMarkers = [] } = page
      return [
        ...Versions.map((version) => ({ ...version, isDeleteMarker: false })),
        ...DeleteMarkers.map((marker) => ({ ...marker, isDeleteMarker: true })),
      ]
        .toSorted((a, b) => Number(b.LastModified) - Number(a.LastModified))
        .map(({ VersionId = '', isDeleteMarker }) => ({ versionId: VersionId, isDeleteMarker }))
    },
    get: async (Bucket, Key, VersionId) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    },
    remove: (Bucket, Key, VersionId) =>
      client.send(new DeleteObjectCommand({ Bucket, Key, VersionId })),
  }
}

function awsLocks(client: S3Client): Locks {
  return {
    makeBucket: (Bucket) =>
      client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true })),
    retain: (Bucket, Key, days) => {
      const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: daysFromNow(days) } as const
      return client.send(new PutObjectRetentionCommand({ Bucket, Key, Retention }))
    },
    retention: async (Bucket, Key) => {
      const { Retention } = await client.send(new GetObjectRetentionCommand({ Bucket, Key }))
      return { mode: Retention?.Mode ?? '', until: Retention?.RetainUntilDate ?? new Date(0) }
    },
    setHold: (Bucket, Key, on) => {
      const LegalHold = { Status: on ? 'ON' : 'OFF' } as const
      return client.send(new PutObjectLegalHoldCommand({ Bucket, Key, LegalHold }))
    },
    hold: async (Bucket, Key) => {
      const { LegalHold } = await client.send(new GetObjectLegalHoldCommand({ Bucket, Key }))
      return LegalHold?.Status === 'ON'
    },
  }
}
