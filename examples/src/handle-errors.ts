// Errors are data: ask for the code, never for the text.
import { InvalidArgumentError, isS3Error } from 'stowage'

import { openBucket } from './support/bucket.ts'

await using example = await openBucket('handle-errors')
const { client, bucket } = example

try {
  await client.getObject(bucket, 'nothing-here')
} catch (error) {
  if (!isS3Error(error, 'NoSuchKey')) throw error
  console.log(`status ${error.status}, code ${error.code}`)
}

// What cannot be right is refused before anything is sent.
try {
  await client.getObject('No Bucket', 'a.txt')
} catch (error) {
  if (!(error instanceof InvalidArgumentError)) throw error
  console.log(`wrong: ${error.argument}`)
}
