// Make a bucket, see it in the list, remove it.
import { openStore } from './support/store.ts'

await using store = await openStore()
const { client } = store
const bucket = `example-make-bucket-${process.pid}`

await client.makeBucket(bucket)
console.log('exists:', await client.bucketExists(bucket))

for await (const { name, creationDate } of client.listBuckets()) {
  console.log(name, creationDate?.toISOString())
}

await client.removeBucket(bucket)
console.log('exists:', await client.bucketExists(bucket))
