// List a bucket like a folder, everything in it, from a key on, and page by page.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('list-objects-v2')
const { client, bucket } = example
for (const object of ['readme.md', 'photos/2024/a.jpg', 'photos/2025/b.jpg']) {
  await client.putObject(bucket, object, `content of ${object}`)
}

console.log('one level, with a prefix for each "folder":')
for await (const entry of client.listObjectsV2(bucket)) {
  console.log(entry.isPrefix ? entry.prefix : `${entry.object} (${entry.sizeBytes} bytes)`)
}

console.log('everything below photos/:')
const photos = await client.listObjectsV2(bucket, { prefix: 'photos/', recursive: true }).toArray()
console.log(photos.map((entry) => (entry.isPrefix ? entry.prefix : entry.object)))

console.log('everything behind a key:')
const startAfter = 'photos/2024/a.jpg'
for await (const entry of client.listObjectsV2(bucket, { recursive: true, startAfter })) {
  if (!entry.isPrefix) console.log(entry.object, entry.lastModified?.toISOString())
}

console.log('page by page:')
for await (const page of client.listObjectsV2(bucket, { recursive: true, pageSize: 2 }).pages()) {
  console.log(page.entries.length, 'entries')
}
