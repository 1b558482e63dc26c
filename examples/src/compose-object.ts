// Make one object of several that the store has: nothing is downloaded or uploaded again.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('compose-object')
const { client, bucket } = example
const monday = Buffer.alloc(6 * 1024 * 1024, 'monday\n')
await client.putObject(bucket, 'monday.log', monday, { contentType: 'text/plain' })
await client.putObject(bucket, 'tuesday.log', 'tuesday\n')

// All but the last have at least 5 MiB; `offset` leaves the first line out.
const { etag } = await client.composeObject(bucket, 'week.log', [
  { bucket, object: 'monday.log', offset: 'monday\n'.length },
  { bucket, object: 'tuesday.log' },
])
const stat = await client.statObject(bucket, 'week.log')
console.log(etag === stat.etag, stat.sizeBytes, stat.contentType)

// An object can grow: it is the first source of its next content.
await client.putObject(bucket, 'wednesday.log', 'wednesday\n')
await client.composeObject(bucket, 'week.log', [
  { bucket, object: 'week.log', conditions: { ifMatch: etag } },
  { bucket, object: 'wednesday.log' },
])
const end = await client.getObject(bucket, 'week.log', { suffixLength: 18 })
console.log(await end.text())
