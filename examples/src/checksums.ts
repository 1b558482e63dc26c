// Checksums: sent with an upload, kept by the store, and compared on the way back.
import path from 'node:path'

import { openBucket } from './support/bucket.ts'
import { temporaryFolder } from './support/files.ts'

await using example = await openBucket('checksums')
const { client, bucket } = example

// The store refuses other data than these, and keeps the checksum.
const { checksums } = await client.putObject(bucket, 'note.txt', 'To be kept', {
  checksum: 'SHA256',
})
console.log('the store keeps', checksums)

// Data in parts: one checksum over all bytes, which any way of reading can compare.
const large = Buffer.alloc(12 * 1024 * 1024, 'data')
await client.putObject(bucket, 'large.bin', large, {
  partSize: 5 * 1024 * 1024,
  checksum: { algorithm: 'CRC32C', type: 'FULL_OBJECT', placement: 'trailer' },
})

// A checksum that is known already, as from a catalogue of the files.
const { sha256 } = checksums
await client.putObject(bucket, 'again.txt', 'To be kept', {
  checksum: { algorithm: 'SHA256', value: sha256 },
})

// The reader fails before its end when something else arrives.
const reader = await client.getObject(bucket, 'note.txt', { verify: true })
console.log(await reader.text(), `(verified by ${reader.verifiedBy})`)

await using folder = await temporaryFolder('stowage-example-')
const file = path.join(folder.path, 'large.bin')
const { verifiedBy } = await client.fGetObject(bucket, 'large.bin', file)
console.log('the file is verified by', verifiedBy)
