import { encodeMetadata, metadataProblem } from '@stowage/protocol'
import { checkHeaderValue, checkNotEmpty } from '../checks.ts'
import { InvalidArgumentError, InvalidResponseError } from '../errors.ts'
import type { RequestBody } from '../request/body.ts'
import { replyEtag } from '../request/reply.ts'
import type { S3Request } from '../request/request.ts'
import { encryptionHeaders, type Sse } from '../request/sse.ts'
import { taggingHeader, type Tags } from '../request/tags.ts'
import { checksumsInHeaders, type StoredChecksums } from '../results/stored-checksums.ts'
import { headerValue } from '../transport/transport.ts'

/** What a new object shall be, however it is uploaded. */
export interface NewObjectOptions {
  /** Default `application/octet-stream`. */
  readonly contentType?: string | undefined
  /**
   * User metadata. Plain names gain `x-amz-meta-`; names of headers that S3 stores, such as
   * `cache-control`, pass as they are. Values beyond ASCII travel encoded and come back as given.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly sse?: Sse | undefined
  readonly tags?: Tags | undefined
  /** Such as `STANDARD_IA`. */
  readonly storageClass?: string | undefined
}

/** What a store says of an object that it took. */
export interface PutResult extends StoredChecksums {
  readonly etag: string
  readonly versionId: string | undefined
}

const defaultContentType = 'application/octet-stream'

/** Headers that describe a new object, however it is uploaded. */
export function newObjectHeaders(options: NewObjectOptions): Record<string, string> {
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

/**
 * PutObject. A conditional one is not sent twice: its own first success would refuse it.
 *
 * @param headers those of the object to come, see `newObjectHeaders`
 * @param conditions see `conditionHeaders`
 */
export function putObject(
  bucket: string,
  object: string,
  body: RequestBody,
  headers: Readonly<Record<string, string>>,
  conditions: Readonly<Record<string, string>> = {},
): S3Request<PutResult> {
  return {
    operation: 'PutObject',
    method: 'PUT',
    bucket,
    object,
    headers: { ...headers, ...conditions },
    body,
    idempotent: Object.keys(conditions).length === 0,
    answer: 'stored',
    read: (reply) => {
      const etag = replyEtag(reply)
      if (etag === undefined) throw new InvalidResponseError('PutObject', 'there is no ETag')
      return {
        etag,
        versionId: headerValue(reply.headers, 'x-amz-version-id'),
        ...checksumsInHeaders(reply.headers),
      }
    },
  }
}
