import { S3Failure } from '../failure.ts'
import type { BlobStore, Segment } from './blobs.ts'
import type { Buckets } from './buckets.ts'
import type { Database, Write } from './database.ts'
import { nullVersionRange, objectRange, versionRange } from './key-space.ts'
import type { VersionRecord } from './object-record.ts'
import { decodeRecord } from './records.ts'
import type { Uploads } from './uploads.ts'

export interface BucketContents {
  readonly database: Database
  readonly blobs: BlobStore
  readonly buckets: Buckets
  readonly uploads: Uploads
}

/**
 * Removes a bucket. Uploads under way are no obstacle and end with it, as in Amazon S3
 * (scality/cloudserver#1591, ceph/ceph#15630).
 * @param options withObjects: remove its objects with all their versions, too
 * @throws S3Failure NoSuchBucket, BucketNotEmpty
 */
export async function removeBucket(
  { database, blobs, buckets, uploads }: BucketContents,
  bucket: string,
  options: { readonly withObjects: boolean },
): Promise<void> {
  const drops: Segment[] = []
  await buckets.remove(bucket, async () => {
    const objects = options.withObjects
      ? await removalOfObjects(database, blobs, bucket, drops)
      : await refuseObjects(database, bucket)
    const ended = await uploads.removalOf(bucket)
    for (const segment of ended.drops) drops.push(segment)
    return [...objects, ...ended.writes]
  })
  if (drops.length > 0) blobs.remove(drops)
}

async function refuseObjects(database: Database, bucket: string): Promise<readonly Write[]> {
  const empty =
    (await database.isEmpty(objectRange(bucket))) && (await database.isEmpty(versionRange(bucket)))
  if (!empty) throw new S3Failure('BucketNotEmpty')
  return []
}

async function removalOfObjects(
  database: Database,
  blobs: BlobStore,
  bucket: string,
  drops: Segment[],
): Promise<readonly Write[]> {
  const writes: Write[] = []
  for (const range of [objectRange(bucket), versionRange(bucket)]) {
    for await (const [name, bytes] of database.entries(range)) {
      writes.push({ type: 'del', key: name })
      const record = decodeRecord<VersionRecord>(name, bytes)
      if (record.deleteMarker === undefined) drops.push(...record.segments)
    }
  }
  for await (const [name] of database.entries(nullVersionRange(bucket))) {
    writes.push({ type: 'del', key: name })
  }
  return [...writes, ...blobs.removalWrites(drops)]
}
