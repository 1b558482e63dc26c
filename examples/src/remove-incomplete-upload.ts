// Remove the uploads of an object that were begun and never ended.
import { openBucket } from './support/bucket.ts'
import { beginUpload } from './support/unfinished-upload.ts'

await using example = await openBucket('remove-incomplete-upload')
const { client, bucket } = example
await beginUpload(client, bucket, 'backups/monday.tar')

await client.removeIncompleteUpload(bucket, 'backups/monday.tar')

const left = await client.listIncompleteUploads(bucket, { recursive: true }).toArray()
console.log(`${left.length} left`)
