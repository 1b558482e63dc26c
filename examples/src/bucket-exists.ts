// Ask whether a bucket exists.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('bucket-exists')
const { client, bucket } = example

for (const name of [bucket, `${bucket}-not`]) {
  const found = await client.bucketExists(name)
  console.log(found ? `${name} exists` : `${name} does not exist`)
}
