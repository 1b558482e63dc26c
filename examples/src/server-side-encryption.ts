// Encrypt an object with a key of your own, which the store does not keep.
import { randomBytes } from 'node:crypto'
import { isS3Error, sseC } from 'stowage'

import { openBucket } from './support/bucket.ts'

await using example = await openBucket('sse')
const { client, bucket } = example
const sse = sseC(randomBytes(32))

await client.putObject(bucket, 'secret.txt', 'for the holder of the key', { sse })
console.log(await (await client.getObject(bucket, 'secret.txt', { sse })).text())

try {
  await client.getObject(bucket, 'secret.txt')
} catch (error) {
  if (!isS3Error(error, 'InvalidRequest')) throw error
  console.log('unreadable without the key')
}
