import { formatHttpDate, quoteEtag } from '@stowage/protocol'
import { checkDate, checkHeaderValue, checkNotEmpty, checkProperties } from '../checks.ts'

/**
 * When a request shall be carried out; otherwise S3 answers 412 (or 304 on reading).
 *
 * Ceph 18.2 differs: it looks at no condition when an upload in parts completes, and an `ifMatch` of
 * a write holds there only without quotes, as `requestHeaders: { 'if-match': etag }` sends it.
 * Ceph 20.2 does as S3.
 */
export interface Conditions {
  /** The object's ETag is this one (quotes are optional). */
  readonly ifMatch?: string | undefined
  /** The object's ETag is not this one; `*`: there is no object. */
  readonly ifNoneMatch?: string | undefined
  readonly ifModifiedSince?: Date | undefined
  readonly ifUnmodifiedSince?: Date | undefined
}

const properties: ReadonlySet<string> = new Set([
  'ifMatch',
  'ifNoneMatch',
  'ifModifiedSince',
  'ifUnmodifiedSince',
])

function etagHeader(argument: string, etag: string): string {
  checkNotEmpty(argument, etag)
  checkHeaderValue(argument, etag)
  return etag === '*' || etag.startsWith('"') || etag.startsWith('W/') ? etag : quoteEtag(etag)
}

function dateHeader(argument: string, date: Date): string {
  checkDate(argument, date)
  return formatHttpDate(date)
}

/**
 * The headers of conditions.
 *
 * @param prefix `x-amz-copy-source-` for the source of a copy
 * @param argument what errors name
 */
export function conditionHeaders(
  conditions: Conditions | undefined,
  prefix = '',
  argument = 'conditions',
): Record<string, string> {
  const headers: Record<string, string> = {}
  if (conditions === undefined) return headers
  checkProperties(argument, conditions, properties)
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  if (ifMatch !== undefined) {
    headers[`${prefix}if-match`] = etagHeader(`${argument}.ifMatch`, ifMatch)
  }
  if (ifNoneMatch !== undefined) {
    headers[`${prefix}if-none-match`] = etagHeader(`${argument}.ifNoneMatch`, ifNoneMatch)
  }
  if (ifModifiedSince !== undefined) {
    const name = `${prefix}if-modified-since`
    headers[name] = dateHeader(`${argument}.ifModifiedSince`, ifModifiedSince)
  }
  if (ifUnmodifiedSince !== undefined) {
    const name = `${prefix}if-unmodified-since`
    headers[name] = dateHeader(`${argument}.ifUnmodifiedSince`, ifUnmodifiedSince)
  }
  return headers
}
