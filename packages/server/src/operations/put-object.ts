import { objectKeyProblem } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { planBody } from '../http/body-plan.ts'
import { receiveBody } from '../http/receive-body.ts'
import type { Reply } from '../http/reply.ts'
import type { BlobWriter } from '../store/blobs.ts'
import type { ObjectRecord } from '../store/objects.ts'
import { writePrecondition } from './conditions.ts'
import { checksumHeaders, readObjectAttributes } from './object-headers.ts'
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
  const writer = server.store.blobs.create()
  const record = await discardOnFailure(writer, () => store(context, writer))
  return { status: 200, headers: [['etag', `"${record.etag}"`], ...checksumHeaders(record)] }
}

async function store(context: OperationContext, writer: BlobWriter): Promise<ObjectRecord> {
  const { request, server, bucket, key } = context
  const attributes = readObjectAttributes(request)
  const precondition = writePrecondition(request, key)
  const rules = { maxBytes: maxPutBytes, needsSize: true }
  const plan = planBody(request, context.payload, rules)
  const { md5, checksums } = await receiveBody(context.body, plan, {
    sink: (bytes) => writer.write(bytes),
    maxBytes: maxPutBytes,
    wantsMd5: true,
  })
  const blob = await writer.finish()
  const draft = { ...attributes, etag: md5, checksums }
  return server.store.objects.put(bucket, key, draft, blob, server.now, precondition)
}

async function discardOnFailure<T>(writer: BlobWriter, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    await writer.discard()
    throw error
  }
}

/** @throws S3Failure KeyTooLongError */
export function checkKey(key: string): void {
  if (objectKeyProblem(key) !== undefined) throw new S3Failure('KeyTooLongError')
}
