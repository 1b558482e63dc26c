import { objectKeyProblem } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { planBody } from '../http/body-plan.ts'
import { receiveBody, type ReceivedBody } from '../http/receive-body.ts'
import type { Reply } from '../http/reply.ts'
import type { BlobWriter } from '../store/blobs.ts'
import type { ObjectRecord } from '../store/objects.ts'
import { isConditional, writePrecondition } from './conditions.ts'
import { checksumHeaders, readObjectAttributes } from './object-headers.ts'
import {
  encryptionOfUpload,
  etagOf,
  sealedWriter,
  uploadEncryptionHeaders,
} from './object-encryption.ts'
import { refuseVersionId } from './version-id.ts'
import type { Operation, OperationContext } from './operation.ts'

/** Largest object that one PUT may bring: 5 GiB. */
export const maxPutBytes: number = 5 * 1024 ** 3

export const putObject: Operation = { action: 's3:PutObject', hasBody: true, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket, key } = context
  refuseVersionId(context)
  checkKey(key)
  server.store.buckets.get(bucket)
  const record = await store(context)
  return {
    status: 200,
    headers: [
      ['etag', `"${record.etag}"`],
      ...checksumHeaders(record),
      ...uploadEncryptionHeaders(context, record.encryption),
    ],
  }
}

async function store(context: OperationContext): Promise<ObjectRecord> {
  const { request, server, bucket, key } = context
  const open = encryptionOfUpload(context)
  const writer = sealedWriter(context, server.store.blobs.create(), open)
  let committing = false
  try {
    const attributes = readObjectAttributes(request)
    const precondition = writePrecondition(request, key)
    // Judged again by the commit; judged now, a large body need not be sent in vain.
    if (isConditional(request)) precondition(await server.store.objects.find(bucket, key))
    const { md5, checksums } = await receive(context, writer)
    const blob = await writer.finish()
    const etag = etagOf(context, md5, open)
    const draft = { ...attributes, etag, checksums, encryption: open?.encryption }
    committing = true
    return await server.store.objects.put(bucket, key, draft, blob, server.now, precondition)
  } catch (error) {
    // When a commit fails for another reason than a refusal, the record may yet be on the disk;
    // the next start knows, and sweeps the blob if not.
    if (!committing || error instanceof S3Failure) await writer.discard()
    throw error
  }
}

function receive(context: OperationContext, writer: BlobWriter): Promise<ReceivedBody> {
  const rules = { maxBytes: maxPutBytes, needsSize: true }
  const plan = planBody(context.request, context.payload, rules)
  return receiveBody(context.body, plan, {
    sink: (bytes) => writer.write(bytes),
    maxBytes: maxPutBytes,
    wantsMd5: true,
  })
}

/** @throws S3Failure KeyTooLongError */
export function checkKey(key: string): void {
  if (objectKeyProblem(key) !== undefined) throw new S3Failure('KeyTooLongError')
}
