import type { QueryPair } from '@stowage/protocol'
import {
  checkBucket,
  checkHeaders,
  checkInteger,
  checkId,
  checkObject,
  checkRecord,
  checkText,
} from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { PresignOptions, PresignRequest } from '../request/presign-request.ts'
import { encryptionHeaders, type SseCustomerKey } from '../request/sse.ts'
import type { Method } from '../transport/transport.ts'
import { maxPartNumber, versionQuery } from './get-object.ts'

/** Options of `presignedGetObject`. */
export interface PresignedGetOptions extends PresignOptions {
  /**
   * Headers that the answer shall have: `response-content-type`, `-language`, `-expires`,
   * `-disposition`, `-encoding` or `-cache-control`, each `response-…`.
   */
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined
  readonly versionId?: string | undefined
}

/** Options of `presignedPutObject`. */
export interface PresignedPutOptions extends PresignOptions {
  /**
   * Headers that the upload must send with exactly these values, such as `content-type`;
   * `content-length` fixes its size.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Options of `presignedUploadPart`. */
export interface PresignedUploadPartOptions extends PresignedPutOptions {
  /** Of the upload that the part belongs to. */
  readonly uploadId: string
  /** 1 to 10,000. */
  readonly partNumber: number
}

/** Options of `presignedUrl` and `presignedRequest`. */
export interface PresignedUrlOptions extends PresignedGetOptions, PresignedPutOptions {
  /** Its headers must be sent with the request; `presignedRequest` gives them. */
  readonly sse?: SseCustomerKey | undefined
}

const methods: ReadonlySet<string> = new Set<Method>(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])

const responseHeaderNames: ReadonlySet<string> = new Set([
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
])

function responseHeaderQuery(headers: Readonly<Record<string, string>>): QueryPair[] {
  checkRecord('responseHeaders', headers)
  return Object.entries(headers).map(([name, value]) => {
    const lower = name.toLowerCase()
    if (!responseHeaderNames.has(lower)) {
      throw new InvalidArgumentError('responseHeaders', `must not hold ${JSON.stringify(name)}`)
    }
    checkText(`responseHeaders.${name}`, value)
    return [lower, value]
  })
}

const lengthHeader: ReadonlySet<string> = new Set(['content-length'])

/** Unlike for requests of its own, the client does not know how long the body will be. */
function headersToSign(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked = checkHeaders('headers', headers, lengthHeader)
  const length = checked['content-length']
  if (length !== undefined && !/^[0-9]{1,16}$/.test(length)) {
    throw new InvalidArgumentError('headers.content-length', 'must be a number of bytes')
  }
  return checked
}

/** GetObject, for whoever holds the URL. */
export function presignedGetObject(
  bucket: string,
  object: string,
  options: PresignedGetOptions,
): PresignRequest {
  return presignedOnObject('GET', bucket, object, options)
}

/** PutObject, for whoever holds the URL. The body is not known, so no checksum is signed. */
export function presignedPutObject(
  bucket: string,
  object: string,
  options: PresignedPutOptions,
): PresignRequest {
  const { headers } = options
  return presignedOnObject('PUT', bucket, object, { headers })
}

/** UploadPart, for whoever holds the URL. */
export function presignedUploadPart(
  bucket: string,
  object: string,
  options: PresignedUploadPartOptions,
): PresignRequest {
  const { uploadId, partNumber, headers } = options
  checkId('uploadId', uploadId)
  checkInteger('partNumber', partNumber, 1, maxPartNumber)
  const request = presignedOnObject('PUT', bucket, object, { headers })
  const query: QueryPair[] = [
    ['partNumber', String(partNumber)],
    ['uploadId', uploadId],
  ]
  return { ...request, query }
}

/** Without the object, a URL for it would be one for its bucket. */
function presignedOnObject(
  method: Method,
  bucket: string,
  object: string,
  options: PresignedUrlOptions,
): PresignRequest {
  checkBucket(bucket)
  checkObject(object)
  return presigned(method, bucket, object, options)
}

/** Any request, for whoever holds the URL. */
export function presigned(
  method: Method,
  bucket: string,
  object: string | undefined,
  options: PresignedUrlOptions,
): PresignRequest {
  if (!methods.has(method)) {
    throw new InvalidArgumentError('method', 'must be GET, HEAD, PUT, POST or DELETE')
  }
  checkBucket(bucket)
  if (object !== undefined) checkObject(object)
  const query = versionQuery(options.versionId)
  if (options.responseHeaders !== undefined) {
    query.push(...responseHeaderQuery(options.responseHeaders))
  }
  const headers = options.headers === undefined ? {} : headersToSign(options.headers)
  if (options.sse !== undefined) Object.assign(headers, encryptionHeaders(options.sse))
  return { method, bucket, object, query, headers }
}
