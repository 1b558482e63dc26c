// Store an object: text, bytes or a stream, with its type, metadata and tags.
import { Readable } from 'node:stream'

import { openBucket } from './support/bucket.ts'

await using example = await openBucket('put-object')
const { client, bucket } = example

const { etag } = await client.putObject(bucket, 'letters/hello world.txt', 'Hello from Stowage', {
  contentType: 'text/plain; charset=utf-8',
  metadata: { author: 'Zoë' },
  tags: { kind: 'letter' },
})
console.log('stored with ETag', etag)

// A stream may be of any length, known or not: it is sent in parts as it comes.
const lines = Readable.from(['one line\n', 'and another one\n'])
await client.putObject(bucket, 'lines.txt', lines, {
  onProgress: ({ transferred }) => console.log(`${transferred} bytes are stored`),
})

// Only if there is none yet.
const ifAbsent = { conditions: { ifNoneMatch: '*' } } as const
await client.putObject(bucket, 'once.txt', 'first', ifAbsent)
