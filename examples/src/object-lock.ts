// Keep an object from being removed: until a date, and for as long as a lawsuit lasts.
import { isS3Error } from 'stowage'

import { openBucket } from './support/bucket.ts'

await using example = await openBucket('object-lock', { objectLock: true })
const { client, bucket } = example
const { versionId } = await client.putObject(bucket, 'ledger.csv', 'debit,credit')

const retainUntilDate = new Date(Date.now() + 24 * 3600 * 1000)
await client.setObjectRetention(bucket, 'ledger.csv', { mode: 'GOVERNANCE', retainUntilDate })
await client.setObjectLegalHold(bucket, 'ledger.csv', true)

try {
  await client.removeObject(bucket, 'ledger.csv', { versionId, bypassGovernance: true })
} catch (error) {
  if (!isS3Error(error, 'AccessDenied')) throw error
  console.log('held:', await client.getObjectLegalHold(bucket, 'ledger.csv'))
}

await client.setObjectLegalHold(bucket, 'ledger.csv', false)
await client.removeObject(bucket, 'ledger.csv', { versionId, bypassGovernance: true })
