// List a bucket like a folder, and then everything in it.
import { openStore } from './support/store.ts'

await using store = await openStore()
const { client } = store
const bucket = `example-list-objects-${process.pid}`

await client.makeBucket(bucket)
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

for await (const entry of client.listObjectsV2(bucket, { recursive: true })) {
  if (!entry.isPrefix) await client.removeObject(bucket, entry.object)
}
await client.removeBucket(bucket)
