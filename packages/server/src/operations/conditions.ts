import { parseHttpDate, unquoteEtag } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import type { ObjectRecord } from '../store/object-record.ts'
import { existing } from '../store/objects.ts'

/** What the conditions of a read come to. */
export type ReadVerdict = 'send' | 'not-modified' | 'failed'

/**
 * The conditions of GET and HEAD in the order of RFC 9110, 13.2.2: an entity tag overrules the
 * date that stands beside it. A date that cannot be read is no condition.
 */
export function judgeRead(request: IncomingRequest, record: ObjectRecord): ReadVerdict {
  return judge(request, '', record)
}

/**
 * The conditions that a copy puts to its source.
 * @throws S3Failure PreconditionFailed
 */
export function checkSourceConditions(request: IncomingRequest, source: ObjectRecord): void {
  if (judge(request, 'x-amz-copy-source-', source) !== 'send') {
    throw new S3Failure('PreconditionFailed')
  }
}

function judge(
  request: IncomingRequest,
  prefix: '' | 'x-amz-copy-source-',
  record: ObjectRecord,
): ReadVerdict {
  const ifMatch = request.header(`${prefix}if-match`)
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, record.etag)) return 'failed'
  } else if (isModifiedSince(request.header(`${prefix}if-unmodified-since`), record) === true) {
    return 'failed'
  }
  const ifNoneMatch = request.header(`${prefix}if-none-match`)
  if (ifNoneMatch !== undefined) {
    return matchesEtag(ifNoneMatch, record.etag) ? 'not-modified' : 'send'
  }
  const modified = isModifiedSince(request.header(`${prefix}if-modified-since`), record)
  return modified === false ? 'not-modified' : 'send'
}

/**
 * The conditions of a write, to be looked at while the key is locked.
 * @throws S3Failure NotImplemented: like S3, writes take `If-None-Match: *` alone
 */
export function writePrecondition(
  request: IncomingRequest,
  key: string,
): (current: ObjectRecord | undefined) => void {
  const ifMatch = request.header('if-match')
  const ifNoneMatch = request.header('if-none-match')
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') throw new S3Failure('NotImplemented')
  return (current) => {
    if (ifNoneMatch !== undefined && current !== undefined) throw failed('If-None-Match')
    if (ifMatch !== undefined && !matchesEtag(ifMatch, existing(current, key).etag)) {
      throw failed('If-Match')
    }
  }
}

/** Whether a write depends on what is stored. */
export function isConditional(request: IncomingRequest): boolean {
  return request.header('if-match') !== undefined || request.header('if-none-match') !== undefined
}

function failed(condition: string): S3Failure {
  return new S3Failure('PreconditionFailed', { extra: { Condition: condition } })
}

/** Whether a list of entity tags, with or without quotes, names this one; `*` names all. */
function matchesEtag(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const wanted = item.trim()
    return wanted === '*' || unquoteEtag(wanted) === etag
  })
}

/** Undefined when there is no date to compare with. HTTP dates have whole seconds. */
function isModifiedSince(date: string | undefined, record: ObjectRecord): boolean | undefined {
  const since = date === undefined ? undefined : parseHttpDate(date)
  if (since === undefined) return undefined
  return Math.floor(record.lastModifiedMs / 1000) * 1000 > since.getTime()
}
