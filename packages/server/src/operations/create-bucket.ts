import { bucketNameProblem, createBucketDocument, regionOfLocation } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import type { Reply } from '../http/reply.ts'
import type { BucketDocumentSet } from '../store/bucket-configurations.ts'
import { refuseAccessLists } from './object-headers.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { parseDocument } from './xml.ts'

const maxDocumentBytes = 64 * 1024

export const createBucket: Operation = { action: 's3:CreateBucket', hasBody: true, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, request, bucket } = context
  refuseAccessLists(request)
  const problem = bucketNameProblem(bucket, { creating: true })
  if (problem !== undefined) {
    throw new S3Failure('InvalidBucketName', { message: `A bucket name ${problem}.` })
  }
  const region = await requestedRegion(context)
  const createdMs = server.now().getTime()
  await server.store.buckets.create(bucket, { createdMs, region }, firstDocuments(request))
  return { status: 200, headers: [['location', `/${bucket}`]] }
}

/** Object lock needs versions, so it brings them. */
function firstDocuments(request: IncomingRequest): BucketDocumentSet {
  const locked = request.header('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true'
  if (!locked) return {}
  return { versioning: { status: 'Enabled', excludedPrefixes: [] }, objectLock: {} }
}

/** @throws S3Failure when the bucket should lie elsewhere than where this server is */
async function requestedRegion(context: OperationContext): Promise<string> {
  const source = await readDocument(context, { maxBytes: maxDocumentBytes })
  const here = context.server.region
  if (source === '') return here
  const { locationConstraint } = parseDocument(createBucketDocument, source)
  if (locationConstraint === undefined || locationConstraint === '') return here
  const region = regionOfLocation(locationConstraint)
  if (region !== here) throw new S3Failure('IllegalLocationConstraintException')
  return region
}
