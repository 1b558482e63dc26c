// Have a bucket encrypt what is stored in it, and leave it to each upload again.
import { isS3Error } from 'stowage'

import { openBucket } from './support/bucket.ts'

await using example = await openBucket('bucket-encryption')
const { client, bucket } = example

await client.putBucketEncryption(bucket, { algorithm: 'AES256' })
console.log(await client.getBucketEncryption(bucket))

await client.putObject(bucket, 'secret.txt', 'sealed on the disk of the store')
console.log((await client.statObject(bucket, 'secret.txt')).sseAlgorithm)

await client.deleteBucketEncryption(bucket)
try {
  console.log(await client.getBucketEncryption(bucket)) // Amazon encrypts always.
} catch (error) {
  if (!isS3Error(error, 'ServerSideEncryptionConfigurationNotFoundError')) throw error
  console.log('no encryption by default')
}
