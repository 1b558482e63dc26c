// Store an object with its type and metadata, read it whole and in part, remove it.
import { openStore } from './support/store.ts'

await using store = await openStore()
const { client } = store
const bucket = `example-put-object-${process.pid}`
const object = 'letters/hello world.txt'

await client.makeBucket(bucket)
const { etag } = await client.putObject(bucket, object, 'Hello from Stowage', {
  contentType: 'text/plain; charset=utf-8',
  metadata: { author: 'Ada' },
})
console.log('stored with ETag', etag)

const whole = await client.getObject(bucket, object)
console.log('whole:', await whole.text())

const part = await client.getObject(bucket, object, { offset: 11, length: 7 })
console.log('bytes 11 to 17:', await part.text())

await client.removeObject(bucket, object)
await client.removeBucket(bucket)
