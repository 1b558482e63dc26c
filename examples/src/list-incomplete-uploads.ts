// See which uploads were begun and never ended, and what they hold.
import { openBucket } from './support/bucket.ts'
import { beginUpload } from './support/unfinished-upload.ts'

await using example = await openBucket('list-incomplete-uploads')
const { client, bucket } = example
await beginUpload(client, bucket, 'backups/monday.tar')

for await (const upload of client.listIncompleteUploads(bucket, { recursive: true })) {
  if (upload.isPrefix) continue
  const { object, uploadId, initiated, sizeBytes } = upload
  console.log(object, uploadId, initiated?.toISOString(), `${sizeBytes} bytes so far`)
}
