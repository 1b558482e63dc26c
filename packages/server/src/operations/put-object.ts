import { objectKeyProblem } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { planBody } from '../http/body-plan.ts'
import { receiveBody, type ReceivedBody } from '../http/receive-body.ts'
import type { Reply } from '../http/reply.ts'
import type { BlobWriter } from '../store/blobs.ts'
import type { ObjectDraft, ObjectRecord } from '../store/object-record.ts'
import { announcing } from './announce.ts'
import { isConditional, writePrecondition } from './conditions.ts'
import { checksumHeaders } from './object-headers.ts'
import { storeBlob } from './store-blob.ts'
import { attributesOfUpload, refuseLockWithoutDigest } from './upload-attributes.ts'
import { withDefaultRetention } from './upload-lock.ts'
import { refuseVersionId, versionHeaders } from './version-id.ts'
import {
  encryptionOfUpload,
  etagOf,
  sealedWriter,
  uploadEncryptionHeaders,
} from './object-encryption.ts'
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
      ...versionHeaders(server, bucket, record),
    ],
  }
}

async function store(context: OperationContext): Promise<ObjectRecord> {
  const { request, server, bucket, key } = context
  const precondition = writePrecondition(request, key)
  const open = encryptionOfUpload(context)
  const writer = sealedWriter(context, server.store.blobs.create(), open)
  return storeBlob<ObjectDraft, ObjectRecord>(writer, {
    fill: async () => {
      const attributes = attributesOfUpload(context)
      // Judged again by the commit; judged now, a large body need not be sent in vain.
      if (isConditional(request)) precondition(await server.store.objects.find(bucket, key))
      const { md5, checksums } = await receive(context, writer)
      const etag = etagOf(context, md5, open)
      const lock = withDefaultRetention(server, bucket, attributes.lock)
      return { ...attributes, lock, etag, checksums, encryption: open?.encryption }
    },
    describe: (object) => ({ bucket, key, writtenMs: server.now().getTime(), object }),
    commit: (draft, content) => {
      const { objects } = server.store
      const byForm = context.body.sizeless === true
      const told = announcing(context, `s3:ObjectCreated:${byForm ? 'Post' : 'Put'}`)
      return objects.put(bucket, key, draft, content, server.now, precondition, told)
    },
  })
}

function receive(context: OperationContext, writer: BlobWriter): Promise<ReceivedBody> {
  const rules = { maxBytes: maxPutBytes, needsSize: context.body.sizeless !== true }
  const plan = planBody(context.request, context.payload, rules)
  refuseLockWithoutDigest(context, plan)
  return receiveBody(context.body, plan, {
    sink: (bytes) => writer.write(bytes),
    maxBytes: maxPutBytes,
    wantsMd5: true,
  })
}

/** The key of a form comes in its body. @throws S3Failure KeyTooLongError */
function checkKey(key: string): void {
  if (objectKeyProblem(key) !== undefined) throw new S3Failure('KeyTooLongError')
}
