// Listen to what happens in a bucket, on MinIO and on the embedded server.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('listen')
const { client, bucket } = example

// Somebody else writes, again and again: what happens before we listen is not told.
const writer = setInterval(() => {
  client.putObject(bucket, 'in/photo.jpg', 'pixels').catch(console.error)
}, 100)

const events = client.listenBucketNotification(bucket, {
  prefix: 'in/',
  suffix: '.jpg',
  events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
})
for await (const event of events) {
  // After a lost connection, look for yourself what you missed.
  if (event.type === 'reconnected') continue
  console.log(event.eventName, event.object, event.sizeBytes)
  break
}
clearInterval(writer)
