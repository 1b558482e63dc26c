// Copy an object within the store: nothing is downloaded.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('copy-object')
const { client, bucket } = example
const { etag } = await client.putObject(bucket, 'old.txt', 'content', {
  metadata: { author: 'Ada' },
})

// Metadata goes along.
await client.copyObject(bucket, 'new.txt', `${bucket}/old.txt`)
console.log((await client.statObject(bucket, 'new.txt')).metadata)

// Only if the source is what we think, and with other metadata.
const source = { bucket, object: 'old.txt' }
const copy = await client.copyObject(bucket, 'signed.txt', source, {
  conditions: { ifMatch: etag, ifUnmodifiedSince: new Date() },
  metadata: { author: 'Grace' },
})
console.log(copy.etag, copy.lastModified?.toISOString())
