// Let everybody read what lies below public/, and take that back.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('bucket-policy')
const { client, bucket } = example
await client.putObject(bucket, 'public/hello.txt', 'hello, everybody')

await client.setBucketPolicy(bucket, {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${bucket}/public/*`,
    },
  ],
})
console.log(await client.getBucketPolicy(bucket))

// The address of an object is its presigned URL without what signs it.
const { origin, pathname } = new URL(await client.presignedGetObject(bucket, 'public/hello.txt'))
console.log('without keys:', await (await fetch(origin + pathname)).text())

await client.deleteBucketPolicy(bucket)
console.log('afterwards:', (await fetch(origin + pathname)).status)
