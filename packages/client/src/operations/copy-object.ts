import { copyObjectDocument, decodeXml } from '@stowage/protocol'
import { checkBucket, checkObject } from '../checks.ts'
import { InvalidResponseError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import { checkChecksumAlgorithm, type ChecksumAlgorithm } from '../request/checksum.ts'
import { conditionHeaders, type Conditions } from '../request/conditions.ts'
import { copySourceHeader, copySourceOf, type CopySource } from '../request/copy-source.ts'
import type { S3Request } from '../request/request.ts'
import { copySourceDecryptionHeaders, type SseCustomerKey } from '../request/sse.ts'
import { checksumsInDocument, type StoredChecksums } from '../results/stored-checksums.ts'
import { headerValue } from '../transport/transport.ts'
import { newObjectHeaders, type NewObjectOptions } from './put-object.ts'

/** What a copy is to be. */
export interface CopyTargetOptions extends NewObjectOptions {
  /** The checksum that the store shall compute of the copy. Default: that of the source. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined
}

/** What a copy is to be, and of which source. */
export interface CopyOptions extends CallOptions, CopyTargetOptions {
  /** Copy only if the source fulfils these; S3 answers 412 `PreconditionFailed` otherwise. */
  readonly conditions?: Conditions | undefined
  /** The key that a source under SSE-C was written with. */
  readonly sourceSse?: SseCustomerKey | undefined
  /**
   * User metadata instead of that of the source, as in `putObject`. The content type is part of
   * what is replaced: name it again in `contentType`.
   */
  readonly metadata?: NewObjectOptions['metadata']
}

/** What a store says of a copy. */
export interface CopyObjectResult extends StoredChecksums {
  readonly etag: string
  readonly lastModified: Date | undefined
  readonly versionId: string | undefined
  /** The version that was copied. */
  readonly sourceVersionId: string | undefined
}

/** Whether a copy has metadata of its own, the content type among it. */
export function replacesMetadata({ metadata, contentType }: NewObjectOptions): boolean {
  return metadata !== undefined || contentType !== undefined
}

/** What the copy shall have of its own; what is not named here comes from the source. */
function targetHeaders(options: CopyOptions): Record<string, string> {
  const { 'content-type': contentType = '', ...headers } = copyHeaders(options)
  if (replacesMetadata(options)) {
    headers['content-type'] = contentType
    headers['x-amz-metadata-directive'] = 'REPLACE'
  }
  if (options.tags !== undefined) headers['x-amz-tagging-directive'] = 'REPLACE'
  return headers
}

/** @throws InvalidArgumentError naming what is wrong */
export function copyHeaders(options: CopyTargetOptions): Record<string, string> {
  const headers = newObjectHeaders(options)
  const { checksumAlgorithm } = options
  if (checksumAlgorithm !== undefined) {
    checkChecksumAlgorithm('checksumAlgorithm', checksumAlgorithm)
    headers['x-amz-checksum-algorithm'] = checksumAlgorithm
  }
  return headers
}

/** CopyObject: one request, for sources up to 5 GiB. S3 may answer 200 and then say an error. */
export function copyObject(
  bucket: string,
  object: string,
  source: string | CopySource,
  options: CopyOptions,
): S3Request<CopyObjectResult> {
  checkBucket(bucket)
  checkObject(object)
  const { conditions, sourceSse } = options
  const from = copySourceOf(source)
  return {
    operation: 'CopyObject',
    method: 'PUT',
    bucket,
    object,
    headers: {
      ...targetHeaders(options),
      ...conditionHeaders(conditions, 'x-amz-copy-source-'),
      ...(sourceSse !== undefined && copySourceDecryptionHeaders(sourceSse)),
      'x-amz-copy-source': copySourceHeader(from),
    },
    idempotent: true,
    answer: 'document',
    errorInBody: true,
    read: (reply) => {
      const result = decodeXml(copyObjectDocument, reply.body)
      const { etag, lastModified } = result
      if (etag === '') throw new InvalidResponseError('CopyObject', 'there is no ETag')
      return {
        etag,
        lastModified,
        versionId: headerValue(reply.headers, 'x-amz-version-id'),
        // Ceph (18.2) does not tell.
        sourceVersionId:
          headerValue(reply.headers, 'x-amz-copy-source-version-id') ?? from.versionId,
        ...checksumsInDocument(result),
      }
    },
  }
}
