// List the buckets that the keys can see.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('list-buckets')
const { client } = example

for await (const { name, creationDate } of client.listBuckets()) {
  console.log(name, creationDate?.toISOString())
}

const found = await client.listBuckets({ prefix: 'example-' }).toArray()
console.log(`${found.length} of them are examples`)
