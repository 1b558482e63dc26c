import { taggingDocument } from '@stowage/protocol'

import type { Reply } from '../http/reply.ts'
import type { ObjectRecord, VersionRecord } from '../store/object-record.ts'
import type { Committed } from '../store/objects.ts'
import { announcing } from './announce.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { checkTags, formatTags, parseTags } from './tags.ts'
import { presentObject, requestedVersion, versionHeaders } from './version-id.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxDocumentBytes = 64 * 1024

export const getObjectTagging: Operation = {
  action: 's3:GetObjectTagging',
  versionAction: 's3:GetObjectVersionTagging',
  hasBody: false,
  run: get,
}

export const putObjectTagging: Operation = {
  action: 's3:PutObjectTagging',
  versionAction: 's3:PutObjectVersionTagging',
  hasBody: true,
  run: put,
}

export const deleteObjectTagging: Operation = {
  action: 's3:DeleteObjectTagging',
  versionAction: 's3:DeleteObjectVersionTagging',
  hasBody: false,
  run: remove,
}

async function get(context: OperationContext): Promise<Reply> {
  const { server, bucket, key } = context
  const versionId = requestedVersion(context)
  server.store.buckets.get(bucket)
  const found = await server.store.objects.findVersion(bucket, key, versionId)
  const record = presentObject(found, { key, versionId })
  const tags = record.tagging === undefined ? [] : parseTags(record.tagging)
  const reply = xmlReply(taggingDocument, { tags })
  const headers = [...(reply.headers ?? []), ...versionHeaders(server, bucket, record)]
  return { ...reply, headers }
}

async function put(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  const source = await readDocument(context, { maxBytes: maxDocumentBytes })
  const { tags } = parseDocument(taggingDocument, source)
  checkTags(tags, 'object')
  const told = announcing(context, 's3:ObjectCreated:PutTagging', 's3:ObjectTagging:Put')
  const record = await setTags(context, formatTags(tags), told)
  return { status: 200, headers: versionHeaders(server, bucket, record) }
}

async function remove(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  const told = announcing(context, 's3:ObjectCreated:DeleteTagging', 's3:ObjectTagging:Delete')
  const record = await setTags(context, undefined, told)
  return { status: 204, headers: versionHeaders(server, bucket, record) }
}

function setTags(
  context: OperationContext,
  tagging: string | undefined,
  told: Committed<ObjectRecord>,
): Promise<ObjectRecord> {
  const { server, bucket, key } = context
  const versionId = requestedVersion(context)
  const change = (found: VersionRecord | undefined): ObjectRecord => ({
    ...presentObject(found, { key, versionId }),
    tagging,
  })
  return server.store.objects.update(bucket, key, versionId, change, told)
}
