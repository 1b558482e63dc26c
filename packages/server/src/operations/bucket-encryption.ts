import { bucketEncryptionDocument, type EncryptionConfiguration } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxDocumentBytes = 64 * 1024

export const getBucketEncryption: Operation = {
  action: 's3:GetEncryptionConfiguration',
  hasBody: false,
  run: get,
}

export const putBucketEncryption: Operation = {
  action: 's3:PutEncryptionConfiguration',
  hasBody: true,
  run: put,
}

/** S3 asks for the permission to put. */
export const deleteBucketEncryption: Operation = {
  action: 's3:PutEncryptionConfiguration',
  hasBody: false,
  run: remove,
}

function get({ server, bucket }: OperationContext): Reply {
  server.store.buckets.get(bucket)
  const configuration = server.store.configurations.find(bucket, 'encryption')
  if (configuration !== undefined) return xmlReply(bucketEncryptionDocument, configuration)
  throw new S3Failure('ServerSideEncryptionConfigurationNotFoundError', {
    extra: { BucketName: bucket },
  })
}

async function put(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  const source = await readDocument(context, { maxBytes: maxDocumentBytes })
  const configuration = parseDocument(bucketEncryptionDocument, source)
  checkConfiguration(context, configuration)
  await server.store.configurations.set(bucket, 'encryption', configuration)
  return { status: 200 }
}

async function remove({ server, bucket }: OperationContext): Promise<Reply> {
  await server.store.configurations.remove(bucket, 'encryption')
  return { status: 204 }
}

/**
 * Like MinIO, and other than Amazon S3, a key that is not known is refused now, not at every upload.
 * @throws S3Failure
 */
function checkConfiguration(
  { server }: OperationContext,
  { rules: [rule, ...more] }: EncryptionConfiguration,
): void {
  if (rule?.byDefault === undefined || more.length > 0) throw new S3Failure('MalformedXML')
  const { sseAlgorithm, kmsMasterKeyId } = rule.byDefault
  if (sseAlgorithm === 'aws:kms:dsse') throw new S3Failure('NotImplemented')
  if (sseAlgorithm !== 'AES256' && sseAlgorithm !== 'aws:kms') throw new S3Failure('MalformedXML')
  if (kmsMasterKeyId === undefined) return
  if (sseAlgorithm === 'AES256') {
    throw new S3Failure('InvalidArgument', {
      message: 'A KMSMasterKeyID goes with aws:kms only.',
      extra: { ArgumentName: 'ApplyServerSideEncryptionByDefault' },
    })
  }
  if (server.encryption.keys.kmsKeyId(kmsMasterKeyId) === undefined) {
    throw new S3Failure('KMS.NotFoundException', { message: `There is no key ${kmsMasterKeyId}.` })
  }
}
