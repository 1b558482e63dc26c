import { encodeMetadata, metadataProblem } from '@stowage/protocol'
import { checkBucket, checkHeaderValue, checkNotEmpty, checkObject } from '../checks.ts'
import { conditionHeaders, type Conditions } from '../request/conditions.ts'
import { InvalidArgumentError, InvalidResponseError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import { replyEtag } from '../request/reply.ts'
import type { S3Request } from '../request/request.ts'
import { bodyOf, type ObjectData } from '../request/source-body.ts'
import { encryptionHeaders, type Sse } from '../request/sse.ts'
import { taggingHeader, type Tags } from '../request/tags.ts'
import { headerValue } from '../transport/transport.ts'

/** Options of `putObject`. */
export interface PutObjectOptions extends CallOptions {
  /** Number of bytes of `data`; needed for streams and iterables. */
  readonly length?: number | undefined
  /** Default `application/octet-stream`. */
  readonly contentType?: string | undefined
  /**
   * User metadata. Plain names gain `x-amz-meta-`; names of headers that S3 stores, such as
   * `cache-control`, pass as they are. Values beyond ASCII travel encoded and come back as given.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly sse?: Sse | undefined
  /** Write only if these hold; S3 answers 412 `PreconditionFailed` otherwise. */
  readonly conditions?: Pick<Conditions, 'ifMatch' | 'ifNoneMatch'> | undefined
  readonly tags?: Tags | undefined
  /** Such as `STANDARD_IA`. */
  readonly storageClass?: string | undefined
}

/** What a store says of an object that it took. */
export interface PutResult {
  readonly etag: string
  readonly versionId: string | undefined
}

const defaultContentType = 'application/octet-stream'

/** Headers that describe a new object, however it is uploaded. */
export function newObjectHeaders(
  options: Omit<PutObjectOptions, keyof CallOptions | 'length' | 'conditions'>,
): Record<string, string> {
  const { contentType, metadata, sse, tags, storageClass } = options
  const headers: Record<string, string> = { 'content-type': defaultContentType }
  if (metadata !== undefined) {
    const problem = metadataProblem(metadata)
    if (problem !== undefined) throw new InvalidArgumentError('metadata', problem)
    Object.assign(headers, encodeMetadata(metadata))
  }
  if (contentType !== undefined) {
    checkNotEmpty('contentType', contentType)
    checkHeaderValue('contentType', contentType)
    headers['content-type'] = contentType
  }
  if (storageClass !== undefined) {
    checkNotEmpty('storageClass', storageClass)
    checkHeaderValue('storageClass', storageClass)
    headers['x-amz-storage-class'] = storageClass
  }
  if (tags !== undefined) headers['x-amz-tagging'] = taggingHeader(tags)
  if (sse !== undefined) Object.assign(headers, encryptionHeaders(sse))
  return headers
}

/** PutObject. A conditional one is not sent twice: its own first success would refuse it. */
export function putObject(
  bucket: string,
  object: string,
  data: ObjectData,
  options: PutObjectOptions,
): S3Request<PutResult> {
  checkBucket(bucket)
  checkObject(object)
  const headers = newObjectHeaders(options)
  if (options.conditions !== undefined) {
    Object.assign(headers, conditionHeaders(options.conditions))
  }
  return {
    operation: 'PutObject',
    method: 'PUT',
    bucket,
    object,
    headers,
    body: bodyOf(data, options.length),
    idempotent: options.conditions === undefined,
    read: (reply) => {
      const etag = replyEtag(reply)
      if (etag === undefined) throw new InvalidResponseError('PutObject', 'there is no ETag')
      return { etag, versionId: headerValue(reply.headers, 'x-amz-version-id') }
    },
  }
}
