import { planBody } from '../http/body-plan.ts'
import { receiveBody } from '../http/receive-body.ts'
import type { Reply } from '../http/reply.ts'
import type { BlobWriter } from '../store/blobs.ts'
import type { PartDraft, UploadRecord } from '../store/uploads.ts'
import { encryptionHeaders } from './object-encryption.ts'
import type { Operation, OperationContext } from './operation.ts'
import { checkPartClaim, partChecksum } from './part-checksum.ts'
import { maxPutBytes } from './put-object.ts'
import { storePart } from './store-part.ts'
import { requestedPartNumber, uploadAddress } from './upload-address.ts'

export const uploadPart: Operation = { action: 's3:PutObject', hasBody: true, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  const partNumber = requestedPartNumber(context)
  server.store.buckets.get(bucket)
  // Looked for again by the commit; looked for now, a large part need not be sent in vain.
  const upload = await server.store.uploads.get(uploadAddress(context))
  const { etag, checksums } = await storePart(context, upload, partNumber, (writer) =>
    receive(context, upload, writer),
  )
  const encryption = encryptionHeaders(context, upload.attributes.encryption)
  return { status: 200, headers: [['etag', `"${etag}"`], ...checksums, ...encryption] }
}

async function receive(
  context: OperationContext,
  upload: UploadRecord,
  writer: BlobWriter,
): Promise<PartDraft> {
  const { request, payload, body } = context
  const plan = planBody(request, payload, { maxBytes: maxPutBytes, needsSize: true })
  checkPartClaim(upload, plan.checksum?.algorithm)
  const computed = plan.checksum === undefined ? partChecksum(upload) : undefined
  const { md5, checksums } = await receiveBody(body, plan, {
    sink: (bytes) => {
      computed?.update(bytes)
      return writer.write(bytes)
    },
    maxBytes: maxPutBytes,
    wantsMd5: true,
  })
  return { etag: md5, checksums: computed?.finish() ?? checksums }
}
