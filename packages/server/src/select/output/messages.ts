import { Buffer } from 'node:buffer'

import {
  encodeMessage,
  encodeXml,
  selectProgressDocument,
  selectStatsDocument,
  type ErrorCode,
  type SelectCounts,
} from '@stowage/protocol'

const nothing = new Uint8Array()

function event(type: string, payload: Uint8Array, contentType?: string): Uint8Array {
  const headers: (readonly [string, string])[] = [[':message-type', 'event']]
  if (contentType !== undefined) headers.push([':content-type', contentType])
  headers.push([':event-type', type])
  return encodeMessage(headers, payload)
}

/** A piece of the result: some records, which may be cut anywhere. */
export function recordsMessage(payload: Uint8Array): Uint8Array {
  return event('Records', payload, 'application/octet-stream')
}

/** Keeps the connection alive. */
export function continuationMessage(): Uint8Array {
  return event('Cont', nothing)
}

export function progressMessage(counts: SelectCounts): Uint8Array {
  return event('Progress', Buffer.from(encodeXml(selectProgressDocument, counts)), 'text/xml')
}

export function statsMessage(counts: SelectCounts): Uint8Array {
  return event('Stats', Buffer.from(encodeXml(selectStatsDocument, counts)), 'text/xml')
}

/** Without it, the result is not complete. */
export function endMessage(): Uint8Array {
  return event('End', nothing)
}

/** Ends the result in place of Stats and End. */
export function errorMessage(code: ErrorCode, message: string): Uint8Array {
  return encodeMessage(
    [
      [':message-type', 'error'],
      [':error-code', code],
      [':error-message', message],
    ],
    nothing,
  )
}
