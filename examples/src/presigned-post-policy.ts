// Let a browser upload a picture by a form, within limits.
import { PostPolicy } from 'stowage'

import { openBucket } from './support/bucket.ts'

await using example = await openBucket('presigned-post-policy')
const { client, bucket } = example

const policy = new PostPolicy()
  .setBucket(bucket)
  .setKeyPrefix('uploads/')
  .setContentType('text/plain')
  .setContentLengthRange(1, 1024)
  .setExpires(new Date(Date.now() + 10 * 60 * 1000))
const { url, fields } = await client.presignedPostPolicy(policy)

// What follows is the browser's part.
const form = new FormData()
for (const [name, value] of Object.entries(fields)) form.append(name, value)
form.append('key', 'uploads/hello.txt')
form.append('file', new Blob(['hello']))
const response = await fetch(url, { method: 'POST', body: form })
console.log(response.status, await client.objectExists(bucket, 'uploads/hello.txt'))
