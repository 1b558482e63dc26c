import { S3Failure } from '../failure.ts'
import type { UploadAddress } from '../store/uploads.ts'
import { maxParts } from '../store/uploads.ts'
import type { OperationContext } from './operation.ts'

/** The upload that a request names. */
export function uploadAddress({ bucket, key, query }: OperationContext): UploadAddress {
  return { bucket, key, uploadId: query.get('uploadId') ?? '' }
}

/** @throws S3Failure InvalidArgument */
export function requestedPartNumber({ query }: OperationContext): number {
  const text = query.get('partNumber') ?? ''
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (partNumber >= 1 && partNumber <= maxParts) return partNumber
  throw new S3Failure('InvalidArgument', {
    message: 'Part number must be an integer between 1 and 10000, inclusive',
    extra: { ArgumentName: 'partNumber', ArgumentValue: text },
  })
}
