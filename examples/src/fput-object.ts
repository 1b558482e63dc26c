// Upload a file, and go on with an upload that was cut.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { UploadState } from 'stowage'

import { openBucket } from './support/bucket.ts'
import { temporaryFolder } from './support/files.ts'

await using example = await openBucket('fput-object')
await using folder = await temporaryFolder('stowage-example-')
const { client, bucket } = example
const file = path.join(folder.path, 'video.mp4')
await writeFile(file, Buffer.alloc(11 * 1024 * 1024, 'frames'))

const stop = new AbortController()
let state: UploadState | undefined
const upload = { contentType: 'video/mp4', partSize: 5 * 1024 * 1024, concurrency: 1 }
try {
  await client.fPutObject(bucket, 'video.mp4', file, {
    ...upload,
    signal: stop.signal,
    onState: (reached) => {
      state = reached // JSON, to be kept wherever you like.
      stop.abort()
    },
  })
} catch (error) {
  if (!stop.signal.aborted) throw error
}

const { etag } = await client.fPutObject(bucket, 'video.mp4', file, {
  ...upload,
  resumeFrom: state,
  onProgress: ({ part }) => console.log(`part ${part} is there`),
})
console.log('stored with ETag', etag)
