// Errors are data: ask for the code, never for the text.
import { isS3Error } from 'stowage'

import { openStore } from './support/store.ts'

await using store = await openStore()
const { client } = store
const bucket = `example-errors-${process.pid}`

await client.makeBucket(bucket)
try {
  await client.getObject(bucket, 'nothing-here')
} catch (error) {
  if (!isS3Error(error, 'NoSuchKey')) throw error
  console.log(`status ${error.status}, code ${error.code}`)
}
await client.removeBucket(bucket)
