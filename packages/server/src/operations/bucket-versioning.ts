import { versioningDocument, type VersioningConfiguration } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxDocumentBytes = 64 * 1024

/** MinIO's limit. */
const maxExcludedPrefixes = 10

export const getBucketVersioning: Operation = {
  action: 's3:GetBucketVersioning',
  hasBody: false,
  run: get,
}

export const putBucketVersioning: Operation = {
  action: 's3:PutBucketVersioning',
  hasBody: true,
  run: put,
}

/** The empty configuration: versioning was never turned on. */
function get({ server, bucket }: OperationContext): Reply {
  server.store.buckets.get(bucket)
  const document = server.store.configurations.find(bucket, 'versioning')
  return xmlReply(versioningDocument, document ?? { excludedPrefixes: [] })
}

async function put(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  const { configurations } = server.store
  const source = await readDocument(context, { maxBytes: maxDocumentBytes })
  const document = parseDocument(versioningDocument, source)
  checkDocument(document)
  await configurations.change(bucket, 'versioning', () => {
    if (configurations.find(bucket, 'objectLock') !== undefined) checkLocked(document)
    return document
  })
  return { status: 200 }
}

/** @throws S3Failure */
function checkDocument(document: VersioningConfiguration): void {
  const { status, mfaDelete, excludedPrefixes, excludeFolders } = document
  if (status === undefined) {
    throw new S3Failure('IllegalVersioningConfigurationException', {
      message: 'The Versioning element must be specified',
    })
  }
  if (mfaDelete === 'Enabled') throw new S3Failure('NotImplemented')
  const excludes = excludedPrefixes.length > 0 || excludeFolders === true
  if ((excludes && status !== 'Enabled') || excludedPrefixes.length > maxExcludedPrefixes) {
    throw new S3Failure('IllegalVersioningConfigurationException')
  }
}

/** Where objects are locked, every version has to be kept. @throws S3Failure InvalidBucketState */
function checkLocked({ status, excludedPrefixes, excludeFolders }: VersioningConfiguration): void {
  if (status === 'Enabled' && excludedPrefixes.length === 0 && excludeFolders !== true) return
  throw new S3Failure('InvalidBucketState', {
    message:
      'An Object Lock configuration is present on this bucket, so the versioning state ' +
      'cannot be changed.',
  })
}
