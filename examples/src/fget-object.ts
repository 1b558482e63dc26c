// Download an object into a file, in parallel ranges; the file is whole or it is not there.
import path from 'node:path'

import { openBucket } from './support/bucket.ts'
import { temporaryFolder } from './support/files.ts'

await using example = await openBucket('fget-object')
await using folder = await temporaryFolder('stowage-example-')
const { client, bucket } = example
await client.putObject(bucket, 'data.bin', Buffer.alloc(1024 * 1024, 'data'))

const file = path.join(folder.path, 'data.bin')
const { sizeBytes, verifiedBy } = await client.fGetObject(bucket, 'data.bin', file, {
  partSize: 256 * 1024,
  concurrency: 2,
  resume: true, // A second try goes on where this one was cut.
  onProgress: ({ transferred, total }) => console.log(`${transferred} of ${total} bytes`),
})
console.log(`${sizeBytes} bytes, verified by ${verifiedBy}`)
