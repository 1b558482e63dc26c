import { createHash } from 'node:crypto'

import { copyPartDocument } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { BlobWriter } from '../store/blobs.ts'
import type { PartDraft, UploadRecord } from '../store/uploads.ts'
import { checksumFields } from './checksum-fields.ts'
import { openCopySource, sourceHeaders, type OpenedSource } from './copy-source.ts'
import { encryptionHeaders } from './object-encryption.ts'
import type { Operation, OperationContext } from './operation.ts'
import { invalidArgument } from './parameters.ts'
import { partChecksum } from './part-checksum.ts'
import { maxPutBytes } from './put-object.ts'
import { storePart } from './store-part.ts'
import { requestedPartNumber, uploadAddress } from './upload-address.ts'
import { xmlReply } from './xml.ts'

export const uploadPartCopy: Operation = { action: 's3:PutObject', hasBody: false, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  const partNumber = requestedPartNumber(context)
  server.store.buckets.get(bucket)
  const upload = await server.store.uploads.get(uploadAddress(context))
  const opened = await openCopySource(context)
  try {
    const part = await storePart(context, upload, partNumber, (writer) =>
      copyBytes(context, upload, opened, writer),
    )
    const reply = xmlReply(copyPartDocument, {
      lastModified: new Date(part.lastModifiedMs),
      etag: part.etag,
      ...checksumFields(part.checksums),
    })
    const headers = [
      ...(reply.headers ?? []),
      ...sourceHeaders(context, opened.source, opened.record),
      ...encryptionHeaders(context, upload.attributes.encryption),
    ]
    return { ...reply, headers }
  } finally {
    opened.reader.close()
  }
}

async function copyBytes(
  context: OperationContext,
  upload: UploadRecord,
  { record, content }: OpenedSource,
  writer: BlobWriter,
): Promise<PartDraft> {
  const { offset, length } = rangeOfSource(context, record.sizeBytes)
  const md5 = createHash('md5')
  const sum = partChecksum(upload)
  for await (const bytes of content.read(offset, length)) {
    md5.update(bytes)
    sum?.update(bytes)
    const wait = writer.write(bytes)
    if (wait !== undefined) await wait
  }
  return { etag: md5.digest('hex'), checksums: sum?.finish() ?? [] }
}

const rangeHeader = 'x-amz-copy-source-range'

/** @throws S3Failure InvalidArgument, InvalidRange, InvalidRequest */
function rangeOfSource(
  { request }: OperationContext,
  sizeBytes: number,
): { readonly offset: number; readonly length: number } {
  const text = request.header(rangeHeader)
  const match = text === undefined ? undefined : /^bytes=(\d{1,16})-(\d{1,16})$/.exec(text)
  if (text !== undefined && !match) throw invalidArgument(rangeHeader, text)
  const offset = Number(match?.[1] ?? 0)
  const last = Number(match?.[2] ?? sizeBytes - 1)
  if (match && (offset > last || last >= sizeBytes)) {
    throw new S3Failure(offset < sizeBytes && offset <= last ? 'InvalidArgument' : 'InvalidRange', {
      message: `Range specified is not valid for source object of size: ${sizeBytes}`,
    })
  }
  const length = last - offset + 1
  if (length <= maxPutBytes) return { offset, length }
  throw new S3Failure('InvalidRequest', {
    message: `The specified copy range is larger than a part may be: ${maxPutBytes}`,
  })
}
