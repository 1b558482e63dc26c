import {
  encodeKeyPath,
  encodeUriComponentStrict,
  encodeXml,
  postResultDocument,
  unquoteEtag,
} from '@stowage/protocol'

import type { IncomingRequest } from '../http/incoming.ts'
import type { Reply, ReplyHeader } from '../http/reply.ts'

export interface StoredForm {
  readonly request: IncomingRequest
  readonly bucket: string
  readonly key: string
  readonly fields: ReadonlyMap<string, string>
  /** What the PUT answered that the form stands for. */
  readonly stored: Reply
}

/** What a form gets back: nothing, a document, or the page that it asks for. */
export function postReply(form: StoredForm): Reply {
  const { fields, bucket, key, stored } = form
  const headers = stored.headers ?? []
  const etag = headers.find(([name]) => name === 'etag')?.[1] ?? ''
  const page = fields.get('success_action_redirect') ?? fields.get('redirect')
  if (page !== undefined && isPage(page)) {
    const result = { bucket, key, etag }
    return { status: 303, headers: [...headers, ['location', withResult(page, result)]] }
  }
  const location = locationOf(form)
  const more: readonly ReplyHeader[] = [...headers, ['location', location]]
  const status = fields.get('success_action_status')
  if (status === '200') return { status: 200, headers: more }
  if (status !== '201') return { status: 204, headers: more }
  const result = { location, bucket, object: key, etag: unquoteEtag(etag) }
  return {
    status: 201,
    headers: [...more, ['content-type', 'application/xml']],
    body: encodeXml(postResultDocument, result),
  }
}

/** As on S3, a page that cannot be one is as if there were none. */
function isPage(page: string): boolean {
  return /^https?:\/\/[!-~]{1,2048}$/i.test(page)
}

function withResult(page: string, result: Readonly<Record<string, string>>): string {
  const query = Object.entries(result)
    .map(([name, value]) => `${name}=${encodeUriComponentStrict(value)}`)
    .join('&')
  return `${page}${page.includes('?') ? '&' : '?'}${query}`
}

/** The object under the host that the form was sent to. */
function locationOf({ request, bucket, key }: StoredForm): string {
  const host = request.header('host') ?? ''
  const origin = /^[\w.:[\]-]+$/.test(host) ? `http://${host}` : ''
  const hasBucket = request.path === '/'
  return hasBucket ? `${origin}/${encodeKeyPath(key)}` : `${origin}/${bucket}/${encodeKeyPath(key)}`
}
