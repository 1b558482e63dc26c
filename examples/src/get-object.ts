// Read an object: whole, in part, as a stream, and with its metadata.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('get-object')
const { client, bucket } = example
const object = 'letters/hello world.txt'
await client.putObject(bucket, object, 'Hello from Stowage', { contentType: 'text/plain' })

const whole = await client.getObject(bucket, object)
console.log(await whole.text(), `(${whole.stat.contentType})`)

const part = await client.getObject(bucket, object, { offset: 11, length: 4 })
console.log('bytes 11 to 14:', await part.text())

const last = await client.getObject(bucket, object, { suffixLength: 7 })
console.log('the last 7 bytes:', await last.text())

// Leaving the loop, or the block, frees the connection.
await using reader = await client.getObject(bucket, object)
for await (const chunk of reader) {
  console.log(`${chunk.length} bytes`)
  break
}
