import { taggingDocument } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { checkTags } from './tags.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxDocumentBytes = 64 * 1024

export const getBucketTagging: Operation = {
  action: 's3:GetBucketTagging',
  hasBody: false,
  run: get,
}

export const putBucketTagging: Operation = {
  action: 's3:PutBucketTagging',
  hasBody: true,
  run: put,
}

/** S3 has no permission of its own for this. */
export const deleteBucketTagging: Operation = {
  action: 's3:PutBucketTagging',
  hasBody: false,
  run: remove,
}

function get({ server, bucket }: OperationContext): Reply {
  server.store.buckets.get(bucket)
  const tagging = server.store.configurations.find(bucket, 'tagging')
  if (tagging === undefined) {
    throw new S3Failure('NoSuchTagSet', { extra: { BucketName: bucket } })
  }
  return xmlReply(taggingDocument, tagging)
}

async function put(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  const source = await readDocument(context, { maxBytes: maxDocumentBytes })
  const tagging = parseDocument(taggingDocument, source)
  checkTags(tagging.tags, 'bucket')
  await server.store.configurations.set(bucket, 'tagging', tagging)
  // As MinIO, whose client takes nothing else; AWS answers 204, its clients take both.
  return { status: 200 }
}

async function remove({ server, bucket }: OperationContext): Promise<Reply> {
  await server.store.configurations.remove(bucket, 'tagging')
  return { status: 204 }
}
