// Remove a bucket, which must be empty.
import { isS3Error } from 'stowage'

import { openStore } from './support/store.ts'

await using store = await openStore()
const { client } = store
const bucket = `example-remove-bucket-${process.pid}`

await client.makeBucket(bucket)
await client.putObject(bucket, 'a.txt', 'in the way')
try {
  await client.removeBucket(bucket)
} catch (error) {
  if (!isS3Error(error, 'BucketNotEmpty')) throw error
  await client.removeObject(bucket, 'a.txt')
  await client.removeBucket(bucket)
}
console.log('exists:', await client.bucketExists(bucket))
