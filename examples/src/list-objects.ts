// List objects through version 1 of S3's listing, for stores that know no other.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('list-objects')
const { client, bucket } = example
for (const object of ['hello/1', 'hello/world/1', 'readme.md']) {
  await client.putObject(bucket, object, 'content')
}

for await (const entry of client.listObjects(bucket)) {
  console.log(entry.isPrefix ? `prefix ${entry.prefix}` : `object ${entry.object}`)
}

for await (const entry of client.listObjects(bucket, { prefix: 'hello/', recursive: true })) {
  if (!entry.isPrefix) console.log(entry.object, entry.sizeBytes)
}
