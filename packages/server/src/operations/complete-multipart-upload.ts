import {
  completeMultipartUploadDocument,
  completeMultipartUploadResultDocument,
  encodeKeyPath,
  type CompletedPart,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { checksumHeadersOf } from '../http/checksum-claims.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import type { Reply } from '../http/reply.ts'
import type { ObjectRecord } from '../store/object-record.ts'
import type { Assembly } from '../store/uploads.ts'
import { announcing } from './announce.ts'
import { assembleParts, checkOrder, etagOfParts } from './assemble-parts.ts'
import { checksumFields } from './checksum-fields.ts'
import { writePrecondition } from './conditions.ts'
import { encryptionHeaders } from './object-encryption.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { uploadAddress } from './upload-address.ts'
import { withDefaultRetention } from './upload-lock.ts'
import { versionHeaders } from './version-id.ts'
import { parseDocument, xmlReply } from './xml.ts'

/** 10 000 parts with their checksums. */
const maxDocumentBytes = 8 * 1024 * 1024

export const completeMultipartUpload: Operation = { action: 's3:PutObject', hasBody: true, run }

async function run(context: OperationContext): Promise<Reply> {
  context.server.store.buckets.get(context.bucket)
  const bodyContext = { ...context, request: withoutObjectChecksum(context.request) }
  const source = await readDocument(bodyContext, { maxBytes: maxDocumentBytes })
  const { parts } = parseDocument(completeMultipartUploadDocument, source)
  checkOrder(parts)
  const record = await completed(context, parts)
  return resultReply(context, record)
}

async function completed(
  context: OperationContext,
  listed: readonly CompletedPart[],
): Promise<ObjectRecord> {
  const { server, request, bucket, key } = context
  try {
    return await server.store.uploads.complete(
      uploadAddress(context),
      (upload, present) => {
        const { parts, draft } = assembleParts(upload, present, listed)
        const lock = withDefaultRetention(server, bucket, draft.lock)
        const assembly = { parts, draft: { ...draft, lock } }
        checkPromises(request, assembly, upload.checksumType)
        return assembly
      },
      server.now,
      writePrecondition(request, key),
      announcing(context, 's3:ObjectCreated:CompleteMultipartUpload'),
    )
  } catch (error) {
    const ended = error instanceof S3Failure && error.code === 'NoSuchUpload'
    const before = ended ? await completedBefore(context, listed) : undefined
    if (before === undefined) throw error
    return before
  }
}

/**
 * The object that this very upload has become already: when the answer gets lost, the sender asks
 * again, and must not be told that its upload never was.
 */
async function completedBefore(
  context: OperationContext,
  listed: readonly CompletedPart[],
): Promise<ObjectRecord | undefined> {
  const { server, bucket, key } = context
  const record = await server.store.objects.find(bucket, key)
  if (record?.uploadId !== uploadAddress(context).uploadId) return undefined
  const { parts = [] } = record
  const same =
    parts.length === listed.length &&
    parts.every(({ partNumber }, index) => partNumber === listed[index]?.partNumber) &&
    record.etag === etagOfParts(listed)
  return same ? record : undefined
}

/**
 * What the headers promise of the object.
 * @throws S3Failure InvalidRequest, BadDigest
 */
function checkPromises(
  request: IncomingRequest,
  { draft, parts }: Assembly,
  checksumType: string | undefined,
): void {
  const size = request.header('x-amz-mp-object-size')
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
  if (size !== undefined && size !== String(sizeBytes)) {
    throw new S3Failure('InvalidRequest', {
      message: 'The provided x-amz-mp-object-size header does not match what was computed.',
    })
  }
  const type = request.header('x-amz-checksum-type')
  if (type !== undefined && checksumType !== undefined && type.toUpperCase() !== checksumType) {
    throw new S3Failure('InvalidRequest', {
      message: 'The x-amz-checksum-type is not that of the upload.',
    })
  }
  const checksums = new Map(draft.checksums)
  for (const [name, promised] of checksumHeadersOf(request)) {
    const value = checksums.get(name)
    if (value === undefined) {
      throw new S3Failure('InvalidRequest', {
        message: `The upload was not begun with the algorithm of ${name}.`,
      })
    }
    if (sameChecksum(promised, value)) continue
    throw new S3Failure('BadDigest', { message: `The ${name} does not match the object.` })
  }
}

/** The number of parts behind a composite checksum may be left out. */
function sameChecksum(promised: string, value: string): boolean {
  return promised === value || promised === value.replace(/-\d+$/, '')
}

/** In this request alone `x-amz-checksum-*` speaks of the object and not of the body. */
function withoutObjectChecksum(request: IncomingRequest): IncomingRequest {
  return request.withoutHeaders((name) => name.startsWith('x-amz-checksum-'))
}

function resultReply(context: OperationContext, record: ObjectRecord): Reply {
  const { server, request, bucket, key } = context
  const reply = xmlReply(completeMultipartUploadResultDocument, {
    location: `http://${request.header('host') ?? ''}/${bucket}/${encodeKeyPath(key)}`,
    bucket,
    object: key,
    etag: record.etag,
    ...checksumFields(record.checksums),
    checksumType:
      record.checksums.length === 0 ? undefined : (record.checksumType ?? 'FULL_OBJECT'),
  })
  const headers = [
    ...(reply.headers ?? []),
    ...versionHeaders(server, bucket, record),
    ...encryptionHeaders(context, record.encryption),
  ]
  return { ...reply, headers }
}
