import { policyStatusDocument } from '@stowage/protocol'

import { bucketPolicyOf } from '../authorize.ts'
import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import { maxPolicyBytes, parsePolicy } from '../policy/parse-policy.ts'
import { isPublic } from '../policy/policy-status.ts'
import { PolicyError } from '../policy/policy.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { xmlReply } from './xml.ts'

export const getBucketPolicy: Operation = {
  action: 's3:GetBucketPolicy',
  hasBody: false,
  run: ({ server, bucket }) => {
    server.store.buckets.get(bucket)
    const document = server.store.configurations.find(bucket, 'policy')
    if (document === undefined) throw noPolicy(bucket)
    return { status: 200, headers: [['content-type', 'application/json']], body: document.source }
  },
}

export const getBucketPolicyStatus: Operation = {
  action: 's3:GetBucketPolicyStatus',
  hasBody: false,
  run: ({ server, bucket }) => {
    server.store.buckets.get(bucket)
    const policy = bucketPolicyOf(server.store, bucket)
    if (policy === undefined) throw noPolicy(bucket)
    return xmlReply(policyStatusDocument, { isPublic: isPublic(policy) })
  },
}

export const putBucketPolicy: Operation = {
  action: 's3:PutBucketPolicy',
  hasBody: true,
  run: put,
}

export const deleteBucketPolicy: Operation = {
  action: 's3:DeleteBucketPolicy',
  hasBody: false,
  run: async ({ server, bucket }) => {
    await server.store.configurations.remove(bucket, 'policy')
    return { status: 204 }
  },
}

function noPolicy(bucket: string): S3Failure {
  return new S3Failure('NoSuchBucketPolicy', { extra: { BucketName: bucket } })
}

async function put(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  const source = await readPolicy(context)
  checkPolicy(source, bucket)
  await server.store.configurations.set(bucket, 'policy', { source })
  return { status: 204 }
}

/** @throws S3Failure */
async function readPolicy(context: OperationContext): Promise<string> {
  try {
    return await readDocument(context, { maxBytes: maxPolicyBytes })
  } catch (error) {
    // Both mean the same here: this cannot be a policy.
    const isMalformed =
      error instanceof S3Failure &&
      (error.code === 'MalformedXML' || error.code === 'EntityTooLarge')
    if (!isMalformed) throw error
    throw new S3Failure('MalformedPolicy', {
      message: 'A policy is UTF-8 and has at most 20 KiB.',
    })
  }
}

/** @throws S3Failure MalformedPolicy */
function checkPolicy(source: string, bucket: string): void {
  try {
    parsePolicy(source, { kind: 'bucket', bucket })
  } catch (error) {
    if (error instanceof PolicyError) {
      throw new S3Failure('MalformedPolicy', { message: error.message })
    }
    throw error
  }
}
