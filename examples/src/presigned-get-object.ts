// Let anybody who has the URL read one object for a while.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('presigned-get-object')
const { client, bucket } = example
await client.putObject(bucket, 'report.txt', 'for your eyes')

const url = await client.presignedGetObject(bucket, 'report.txt', {
  expirySeconds: 2 * 3600,
  responseHeaders: { 'response-content-disposition': 'attachment; filename="report.txt"' },
})
const response = await fetch(url)
console.log(response.headers.get('content-disposition'), await response.text())
