import type { QueryPair } from '@stowage/protocol'
import { checkBucket, checkHeaders, checkObject, checkText } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { PresignOptions, PresignRequest } from '../request/presign-request.ts'
import { versionQuery } from './get-object.ts'

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
  /** Headers that the upload must send with exactly these values, such as `content-type`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const responseHeaderNames: ReadonlySet<string> = new Set([
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
])

function responseHeaderQuery(headers: Readonly<Record<string, string>>): QueryPair[] {
  return Object.entries(headers).map(([name, value]) => {
    const lower = name.toLowerCase()
    if (!responseHeaderNames.has(lower)) {
      throw new InvalidArgumentError('responseHeaders', `must not hold ${JSON.stringify(name)}`)
    }
    checkText(`responseHeaders.${name}`, value)
    return [lower, value]
  })
}

/** GetObject, for whoever holds the URL. */
export function presignedGetObject(
  bucket: string,
  object: string,
  options: PresignedGetOptions,
): PresignRequest {
  checkBucket(bucket)
  checkObject(object)
  const query = versionQuery(options.versionId)
  if (options.responseHeaders !== undefined) {
    query.push(...responseHeaderQuery(options.responseHeaders))
  }
  return { method: 'GET', bucket, object, query, headers: {} }
}

/** PutObject, for whoever holds the URL. The body is not known, so no checksum is signed. */
export function presignedPutObject(
  bucket: string,
  object: string,
  options: PresignedPutOptions,
): PresignRequest {
  checkBucket(bucket)
  checkObject(object)
  const headers = options.headers === undefined ? {} : checkHeaders('headers', options.headers)
  return { method: 'PUT', bucket, object, query: [], headers }
}
