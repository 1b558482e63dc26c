// Make a bucket, in a region or with object lock.
import { isS3Error } from 'stowage'

import { openStore } from './support/store.ts'

await using store = await openStore()
const { client } = store
const bucket = `example-make-bucket-${process.pid}`
const locked = `example-make-bucket-locked-${process.pid}`

await client.makeBucket(bucket)
await client.makeBucket(locked, { region: 'us-east-1', objectLock: true })

try {
  await client.makeBucket(bucket)
} catch (error) {
  // Amazon's region us-east-1 says yes to a second time; everybody else says this.
  if (!isS3Error(error, 'BucketAlreadyOwnedByYou')) throw error
  console.log('it is there already')
}

await client.removeBucket(bucket)
await client.removeBucket(locked)
