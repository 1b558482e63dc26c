// Keep old versions of objects: enable versioning, read an old version, suspend it again.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('bucket-versioning')
const { client, bucket } = example

await client.enableBucketVersioning(bucket)
const first = await client.putObject(bucket, 'notes.txt', 'first')
await client.putObject(bucket, 'notes.txt', 'second')
await client.removeObject(bucket, 'notes.txt')

const old = await client.getObject(bucket, 'notes.txt', { versionId: first.versionId })
console.log('still there:', await old.text())

for await (const entry of client.listObjectsV2(bucket, { includeVersions: true })) {
  if (!entry.isPrefix) console.log(entry.object, entry.versionId, entry.isDeleteMarker)
}

await client.disableBucketVersioning(bucket)
console.log((await client.getBucketVersioning(bucket)).status)
