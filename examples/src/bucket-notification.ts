// Have a store tell a webhook about new pictures. The store must know the webhook by its name.
import { openBucket } from './support/bucket.ts'

const webhooks = { pictures: { url: 'http://127.0.0.1:9/' } }
await using example = await openBucket('notification', {}, { webhooks })
const { client, bucket } = example
const arn = 'arn:minio:sqs:us-east-1:pictures:webhook'

await client.setBucketNotification(bucket, {
  queues: [
    { id: 'new', arn, events: ['s3:ObjectCreated:*'], filter: { suffix: '.jpg' } },
    { id: 'gone', arn, events: ['s3:ObjectRemoved:*'], filter: { prefix: 'abc', suffix: '.jpg' } },
  ],
})

const config = await client.getBucketNotification(bucket)
for (const { id, events, filter } of config.queues) console.log(id, events, filter)

await client.removeAllBucketNotification(bucket)
console.log((await client.getBucketNotification(bucket)).queues.length, 'left')
