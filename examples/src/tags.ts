// Put tags on buckets and objects, and read them.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('tags')
const { client, bucket } = example

await client.setBucketTags(bucket, { team: 'storage' })
console.log(await client.getBucketTags(bucket))

await client.putObject(bucket, 'a.txt', 'hello', { tags: { state: 'draft' } })
await client.setObjectTags(bucket, 'a.txt', { state: 'final', year: '2026' })
console.log(await client.getObjectTags(bucket, 'a.txt'))

await client.deleteObjectTags(bucket, 'a.txt')
await client.deleteBucketTags(bucket)
