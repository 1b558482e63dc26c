import { objectLockDocument, type ObjectLockConfiguration } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { BucketLock, DefaultRetention } from '../store/bucket-configurations.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxDocumentBytes = 64 * 1024

export const getObjectLockConfiguration: Operation = {
  action: 's3:GetBucketObjectLockConfiguration',
  hasBody: false,
  run: get,
}

export const putObjectLockConfiguration: Operation = {
  action: 's3:PutBucketObjectLockConfiguration',
  hasBody: true,
  run: put,
}

function get({ server, bucket }: OperationContext): Reply {
  server.store.buckets.get(bucket)
  const lock = server.store.configurations.find(bucket, 'objectLock')
  if (lock === undefined) {
    throw new S3Failure('ObjectLockConfigurationNotFoundError', { extra: { BucketName: bucket } })
  }
  const { defaultRetention } = lock
  return xmlReply(objectLockDocument, {
    objectLockEnabled: 'Enabled',
    rule: defaultRetention === undefined ? undefined : { defaultRetention },
  })
}

/** Sets the default retention; a bucket that keeps all versions gets object lock by it. */
async function put(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  const { configurations } = server.store
  server.store.buckets.get(bucket)
  const source = await readDocument(context, { maxBytes: maxDocumentBytes, needsChecksum: true })
  const lock = bucketLock(parseDocument(objectLockDocument, source))
  await configurations.change(bucket, 'objectLock', (current) => {
    const versioning = configurations.find(bucket, 'versioning')
    const keepsAll =
      versioning?.status === 'Enabled' &&
      versioning.excludedPrefixes.length === 0 &&
      versioning.excludeFolders !== true
    if (current !== undefined || keepsAll) return lock
    throw new S3Failure('InvalidBucketState', {
      message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    })
  })
  return { status: 200 }
}

/** A hundred years. */
const maxPeriod = { days: 36_500, years: 100 } as const

/** @throws S3Failure MalformedXML, InvalidArgument */
function bucketLock({ objectLockEnabled, rule }: ObjectLockConfiguration): BucketLock {
  if (objectLockEnabled !== 'Enabled') throw new S3Failure('MalformedXML')
  if (rule === undefined) return {}
  const { mode, days, years } = rule.defaultRetention ?? {}
  if (mode === undefined || (days === undefined) === (years === undefined)) {
    throw new S3Failure('MalformedXML')
  }
  const retention: DefaultRetention = { mode, days, years }
  checkPeriod(days ?? 1, maxPeriod.days)
  checkPeriod(years ?? 1, maxPeriod.years)
  return { defaultRetention: retention }
}

function checkPeriod(period: number, most: number): void {
  if (period >= 1 && period <= most) return
  throw new S3Failure('InvalidArgument', {
    message: `Default retention period must be a positive integer value up to ${most}`,
  })
}
