import {
  checksumAlgorithms,
  initiateMultipartUploadDocument,
  isChecksumAlgorithm,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import type { Reply } from '../http/reply.ts'
import type { UploadDraft } from '../store/uploads.ts'
import { encryptionOfUpload, uploadEncryptionHeaders } from './object-encryption.ts'
import type { Operation, OperationContext } from './operation.ts'
import { attributesOfUpload } from './upload-attributes.ts'
import { xmlReply } from './xml.ts'

export const createMultipartUpload: Operation = { action: 's3:PutObject', hasBody: false, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, request, bucket, key } = context
  server.store.buckets.get(bucket)
  const encryption = encryptionOfUpload(context)?.encryption
  const draft: UploadDraft = {
    attributes: { ...attributesOfUpload(context), encryption },
    ...checksumWish(request),
  }
  const { uploadId } = await server.store.uploads.begin(bucket, key, draft, server.now)
  const reply = xmlReply(initiateMultipartUploadDocument, { bucket, object: key, uploadId })
  const headers = [
    ...(reply.headers ?? []),
    ...wishHeaders(draft),
    ...uploadEncryptionHeaders(context, encryption),
  ]
  return { ...reply, headers }
}

type ChecksumWish = Pick<UploadDraft, 'checksumAlgorithm' | 'checksumType'>

/**
 * What checksum the object is to have.
 * @throws S3Failure InvalidRequest for what S3 does not combine
 */
function checksumWish(request: IncomingRequest): ChecksumWish {
  const algorithm = request.header('x-amz-checksum-algorithm')?.toUpperCase()
  const type = request.header('x-amz-checksum-type')?.toUpperCase()
  if (algorithm === undefined) {
    if (type === undefined) return {}
    throw invalid('The x-amz-checksum-type header needs x-amz-checksum-algorithm.')
  }
  if (!isChecksumAlgorithm(algorithm) || algorithm === 'MD5') {
    throw invalid('Checksum algorithm provided is unsupported.')
  }
  const { kinds } = checksumAlgorithms[algorithm]
  const checksumType = type === undefined ? kinds[0] : kinds.find((kind) => kind === type)
  if (checksumType !== undefined) return { checksumAlgorithm: algorithm, checksumType }
  throw invalid(`The ${type ?? ''} checksum type cannot be used with ${algorithm}.`)
}

function invalid(message: string): S3Failure {
  return new S3Failure('InvalidRequest', { message })
}

function wishHeaders({ checksumAlgorithm, checksumType }: ChecksumWish): [string, string][] {
  if (checksumAlgorithm === undefined || checksumType === undefined) return []
  return [
    ['x-amz-checksum-algorithm', checksumAlgorithm],
    ['x-amz-checksum-type', checksumType],
  ]
}
