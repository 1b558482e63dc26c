import { formatContentRange } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply, ReplyHeader } from '../http/reply.ts'
import type { ObjectRecord } from '../store/object-record.ts'
import type { OpenedObject } from '../store/objects.ts'
import { announce } from './announce.ts'
import { judgeRead } from './conditions.ts'
import { checksumHeaders, objectHeaders, refuseAccessLists } from './object-headers.ts'
import { contentReader, encryptionHeaders, refuseUnreadable } from './object-encryption.ts'
import type { Operation, OperationContext } from './operation.ts'
import { overriddenHeaders } from './response-overrides.ts'
import { selectBytes } from './select-bytes.ts'
import { presentObject, requestedVersion, versionHeaders } from './version-id.ts'

const permissions = { action: 's3:GetObject', versionAction: 's3:GetObjectVersion' } as const

export const getObject: Operation = { ...permissions, hasBody: false, run: get }

export const headObject: Operation = { ...permissions, hasBody: false, run: head }

async function get(context: OperationContext): Promise<Reply> {
  const { server, bucket, key } = context
  const versionId = requestedVersion(context)
  server.store.buckets.get(bucket)
  const found = await server.store.objects.open(bucket, key, versionId)
  const opened = presentObject(found, { key, versionId })
  try {
    return send(context, opened)
  } catch (error) {
    opened.reader.close()
    throw error
  }
}

function send(context: OperationContext, opened: OpenedObject): Reply {
  const { record } = opened
  const reader = contentReader(context, opened)
  const answer = answerFor(context, record)
  if (answer.bytes === undefined) {
    reader.close()
    return { status: answer.status, headers: answer.headers }
  }
  announce(context, record, 's3:ObjectAccessed:Get')
  const { start, length } = answer.bytes
  return {
    status: answer.status,
    headers: answer.headers,
    body: {
      sizeBytes: length,
      chunks: reader.read(start, length),
      close: () => reader.close(),
    },
  }
}

async function head(context: OperationContext): Promise<Reply> {
  const { server, bucket, key } = context
  const versionId = requestedVersion(context)
  server.store.buckets.get(bucket)
  const found = await server.store.objects.findVersion(bucket, key, versionId)
  const record = presentObject(found, { key, versionId })
  refuseUnreadable(context, record.encryption)
  const { status, headers, bytes } = answerFor(context, record)
  if (bytes === undefined) return { status, headers }
  announce(context, record, 's3:ObjectAccessed:Head')
  return { status, headers: [...headers, ['content-length', String(bytes.length)]] }
}

interface Answer {
  readonly status: number
  readonly headers: readonly ReplyHeader[]
  /** Undefined where nothing of the object is sent. */
  readonly bytes: { readonly start: number; readonly length: number } | undefined
}

function answerFor(context: OperationContext, record: ObjectRecord): Answer {
  const { request, server, bucket } = context
  refuseAccessLists(request)
  const overrides = overriddenHeaders(context)
  const verdict = judgeRead(request, record)
  if (verdict === 'failed') throw new S3Failure('PreconditionFailed')
  const headers = objectHeaders(record).filter(([name]) => !overrides.has(name))
  headers.push(...overrides, ...versionHeaders(server, bucket, record))
  headers.push(...encryptionHeaders(context, record.encryption))
  if (verdict === 'not-modified') {
    return { status: 304, headers: headers.filter(keptWhenNotModified), bytes: undefined }
  }
  const selection = selectBytes(context, record)
  headers.push(...selection.headers)
  if (request.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    headers.push(...checksumHeaders(selection.checksummed))
  }
  const { range } = selection
  if (range === undefined) {
    return { status: 200, headers, bytes: { start: 0, length: record.sizeBytes } }
  }
  const length = range.end - range.start + 1
  headers.push(['content-range', formatContentRange(range, record.sizeBytes)])
  return { status: 206, headers, bytes: { start: range.start, length } }
}

/** A 304 tells about the copy that the receiver has, not about a body (RFC 9110, 15.4.5). */
function keptWhenNotModified([name]: ReplyHeader): boolean {
  return (
    name === 'etag' || name === 'last-modified' || name === 'cache-control' || name === 'expires'
  )
}
