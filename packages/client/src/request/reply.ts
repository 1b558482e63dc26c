import { TextDecoder } from 'node:util'
import { unquoteEtag } from '@stowage/protocol'
import type { Reply } from './request.ts'
import { headerValue } from '../transport/transport.ts'

const utf8: TextDecoder = new TextDecoder()

/** The body of an answer as text. */
export function replyText(reply: Reply): string {
  return utf8.decode(reply.body)
}

/** The ETag of an answer, without quotes. */
export function replyEtag(reply: Reply): string | undefined {
  const etag = headerValue(reply.headers, 'etag')
  return etag === undefined ? undefined : unquoteEtag(etag)
}
