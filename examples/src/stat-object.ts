// Ask what a store knows of an object, without reading it.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('stat-object')
const { client, bucket } = example
await client.putObject(bucket, 'a.txt', 'hello', {
  contentType: 'text/plain',
  metadata: { author: 'Ada', 'cache-control': 'max-age=60' },
})

const stat = await client.statObject(bucket, 'a.txt')
console.log(stat.sizeBytes, stat.etag, stat.contentType, stat.lastModified?.toISOString())
console.log(stat.metadata, stat.cacheControl)

console.log('b.txt exists:', await client.objectExists(bucket, 'b.txt'))
