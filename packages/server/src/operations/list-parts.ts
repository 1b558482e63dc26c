import { listPartsDocument, type ListPartsResult } from '@stowage/protocol'

import type { Reply } from '../http/reply.ts'
import { checksumFields } from './checksum-fields.ts'
import type { Operation, OperationContext } from './operation.ts'
import { owner } from './owner.ts'
import { wholeNumberParameter } from './parameters.ts'
import { uploadAddress } from './upload-address.ts'
import { xmlReply } from './xml.ts'

const maxPageParts = 1000

export const listParts: Operation = { action: 's3:ListMultipartUploadParts', hasBody: false, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket, key, query } = context
  const bounds = { min: 0, max: 2_147_483_647 }
  const asked = wholeNumberParameter(query, 'max-parts', bounds) ?? maxPageParts
  const maxParts = Math.min(asked, maxPageParts)
  const marker = wholeNumberParameter(query, 'part-number-marker', bounds) ?? 0
  server.store.buckets.get(bucket)
  const { uploads } = server.store
  const upload = await uploads.get(uploadAddress(context))
  const found = marker < 10_000 ? await uploads.parts(upload.uploadId, marker, maxParts + 1) : []
  const parts = found.slice(0, maxParts)
  const result: ListPartsResult = {
    bucket,
    object: key,
    uploadId: upload.uploadId,
    initiator: owner,
    owner,
    storageClass: upload.attributes.storageClass,
    partNumberMarker: marker,
    nextPartNumberMarker: parts.at(-1)?.partNumber ?? 0,
    maxParts,
    isTruncated: found.length > parts.length && parts.length > 0,
    checksumAlgorithm: upload.checksumAlgorithm,
    checksumType: upload.checksumType,
    parts: parts.map(({ partNumber, lastModifiedMs, etag, sizeBytes, checksums }) => ({
      partNumber,
      lastModified: new Date(lastModifiedMs),
      etag,
      sizeBytes,
      ...checksumFields(checksums),
    })),
  }
  return xmlReply(listPartsDocument, result)
}
