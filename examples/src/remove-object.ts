// Remove an object, or one version of it for good.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('remove-object')
const { client, bucket } = example

await client.putObject(bucket, 'a.txt', 'gone in a moment')
await client.removeObject(bucket, 'a.txt')
await client.removeObject(bucket, 'a.txt') // That it is not there is no error.

await client.enableBucketVersioning(bucket)
const { versionId } = await client.putObject(bucket, 'a.txt', 'a version')
const { isDeleteMarker } = await client.removeObject(bucket, 'a.txt')
console.log('hidden by a delete marker:', isDeleteMarker)
await client.removeObject(bucket, 'a.txt', { versionId })
