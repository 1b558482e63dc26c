import { maxPresignSeconds, type QueryPair } from '@stowage/protocol'
import { checkDate, checkInteger } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import type { Method } from '../transport/transport.ts'

/** Options of `presignedPostPolicy`. */
export interface PresignPostOptions extends Pick<CallOptions, 'signal' | 'timeout' | 'region'> {
  /** From when the signature is good. Default: now. */
  readonly requestDate?: Date | undefined
}

/** Options of every presigned URL. */
export interface PresignOptions extends PresignPostOptions {
  /**
   * Life of the URL in seconds, 1 to 604,800 (seven days, the default). It ends earlier where the
   * keys do.
   */
  readonly expirySeconds?: number | undefined
  /** More query parameters, signed with the rest. */
  readonly extraQueryParams?: CallOptions['extraQueryParams']
}

/** A request to sign in its query. */
export interface PresignRequest {
  readonly method: Method
  readonly bucket: string
  readonly object: string | undefined
  readonly query: readonly QueryPair[]
  readonly headers: Readonly<Record<string, string>>
}

/** A request that anybody can send. */
export interface PresignedRequest {
  readonly method: Method
  readonly url: string
  /** Headers that must be sent with exactly these values; `Host` goes without saying. */
  readonly headers: Readonly<Record<string, string>>
}

/** A form that anybody can send. */
export interface PresignedPost {
  /** Where the form is posted to, as `multipart/form-data`. */
  readonly url: string
  /** Its fields, all of them before `file`, which must be the last. */
  readonly fields: Readonly<Record<string, string>>
}

/** Checks what all presigned URLs share, and gives their life in seconds. */
export function checkPresign(options: PresignOptions): number {
  const { expirySeconds = maxPresignSeconds } = options
  checkInteger('expirySeconds', expirySeconds, 1, maxPresignSeconds)
  if (options.requestDate !== undefined) checkDate('requestDate', options.requestDate)
  return expirySeconds
}

const signatureParameters: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
])

/** A parameter of the signature given twice would mean what the store wants it to mean. */
export function checkPresignQuery(query: readonly QueryPair[]): void {
  for (const [name] of query) {
    if (!signatureParameters.has(name.toLowerCase())) continue
    throw new InvalidArgumentError('extraQueryParams', `must not hold ${JSON.stringify(name)}`)
  }
}
