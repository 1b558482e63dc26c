// Let anybody who has the URL write one object for a while.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('presigned-put-object')
const { client, bucket } = example

const url = await client.presignedPutObject(bucket, 'guest.txt', {
  expirySeconds: 60,
  headers: { 'content-type': 'text/plain' }, // The guest must send the same.
})
const response = await fetch(url, {
  method: 'PUT',
  headers: { 'content-type': 'text/plain' },
  body: 'written by a guest',
})
console.log(response.status, (await client.statObject(bucket, 'guest.txt')).sizeBytes)
