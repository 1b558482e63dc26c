import { createHash } from 'node:crypto'

import { copyPartDocument } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { BlobWriter } from '../store/blobs.ts'
import type { PartDraft, PartRecord } from '../store/uploads.ts'
import { checksumFields } from './checksum-fields.ts'
import { openCopySource, sourceHeaders, type OpenedSource } from './copy-source.ts'
import type { Operation, OperationContext } from './operation.ts'
import { invalidArgument } from './parameters.ts'
import { partChecksum } from './part-checksum.ts'
import { maxPutBytes } from './put-object.ts'
import { storeBlob } from './store-blob.ts'
import { requestedPartNumber, uploadAddress } from './upload-address.ts'
import { xmlReply } from './xml.ts'

export const uploadPartCopy: Operation = { action: 's3:PutObject', hasBody: false, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  const partNumber = requestedPartNumber(context)
  server.store.buckets.get(bucket)
  const opened = await openCopySource(context)
  try {
    const part = await store(context, opened, partNumber, server.store.blobs.create())
    const reply = xmlReply(copyPartDocument, {
      lastModified: new Date(part.lastModifiedMs),
      etag: part.etag,
      ...checksumFields(part.checksums),
    })
    const headers = [
      ...(reply.headers ?? []),
      ...sourceHeaders(context, opened.source, opened.record),
    ]
    return { ...reply, headers }
  } finally {
    opened.reader.close()
  }
}

function store(
  context: OperationContext,
  opened: OpenedSource,
  partNumber: number,
  writer: BlobWriter,
): Promise<PartRecord> {
  const { server } = context
  const { uploads } = server.store
  const address = uploadAddress(context)
  return storeBlob(
    writer,
    () => copyBytes(context, opened, writer),
    (draft, content) => uploads.putPart(address, partNumber, draft, content, server.now),
  )
}

async function copyBytes(
  context: OperationContext,
  { record, reader }: OpenedSource,
  writer: BlobWriter,
): Promise<PartDraft> {
  const upload = await context.server.store.uploads.get(uploadAddress(context))
  const { offset, length } = rangeOfSource(context, record.sizeBytes)
  const md5 = createHash('md5')
  const sum = partChecksum(upload)
  for await (const bytes of reader.read(offset, length)) {
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
