import { maxPresignSeconds, type QueryPair } from '@stowage/protocol'
import { checkDate, checkInteger } from '../checks.ts'
import type { CallOptions } from '../options.ts'
import type { Method } from '../transport/transport.ts'

/** Options of every presigned URL. */
export interface PresignOptions extends Pick<CallOptions, 'signal' | 'timeout' | 'region'> {
  /** Life of the URL in seconds, 1 to 604,800 (seven days, the default). */
  readonly expirySeconds?: number | undefined
  /** From when the URL is good. Default: now. */
  readonly requestDate?: Date | undefined
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

/** Checks what all presigned URLs share, and gives their life in seconds. */
export function checkPresign(options: PresignOptions): number {
  const expirySeconds = options.expirySeconds ?? maxPresignSeconds
  checkInteger('expirySeconds', expirySeconds, 1, maxPresignSeconds)
  if (options.requestDate !== undefined) checkDate('requestDate', options.requestDate)
  return expirySeconds
}
