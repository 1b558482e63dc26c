// Remove many objects, a thousand with each request, while they are being listed.
import type { Client } from 'stowage'

import { openBucket } from './support/bucket.ts'

await using example = await openBucket('remove-objects')
const { client, bucket } = example
for (const day of ['mo', 'tu', 'we']) await client.putObject(bucket, `tmp/${day}`, day)

async function* keysBelow(store: Client, prefix: string): AsyncGenerator<string> {
  for await (const entry of store.listObjectsV2(bucket, { prefix, recursive: true })) {
    if (!entry.isPrefix) yield entry.object
  }
}

// Reading what could not be removed is what drives the removal.
let failures = 0
for await (const { object, code } of client.removeObjects(bucket, keysBelow(client, 'tmp/'))) {
  console.log(`${object} stays: ${code}`)
  failures++
}

for await (const _ of client.removeObjects(bucket, ['a', { object: 'b' }])) failures++
console.log(`${failures} failures`)
