import type { CorsRule } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import type { Reply, ReplyHeader } from '../http/reply.ts'
import { matchCors, type CorsMatch } from './cors-rules.ts'

/** Answers depend on these headers, so a cache must not give one site's answer to another. */
const vary: ReplyHeader = [
  'vary',
  'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
]

const maxRequestedHeaders = 100

/**
 * Answers the question that a browser asks before it sends a request to another site. It carries no
 * credentials, and the answer does not tell whether the bucket exists.
 * @throws S3Failure AccessForbidden; BadRequest when it is no such question
 */
export function preflightReply(rules: readonly CorsRule[], request: IncomingRequest): Reply {
  const origin = request.header('origin')
  const method = request.header('access-control-request-method')
  if (origin === undefined || method === undefined) {
    throw new S3Failure('BadRequest', {
      message: 'Insufficient information: Origin and Access-Control-Request-Method are needed.',
    })
  }
  const headers = requestedHeaders(request)
  const match = headers && matchCors(rules, { origin, method, headers })
  if (headers === undefined || match === undefined) {
    throw new S3Failure('AccessForbidden', {
      message: 'CORSResponse: This CORS request is not allowed.',
    })
  }
  const { maxAgeSeconds } = match.rule
  return {
    status: 200,
    headers: [
      ...allowed(match, origin),
      ...(headers.length > 0
        ? [['access-control-allow-headers', headers.join(', ')] as const]
        : []),
      ...(maxAgeSeconds === undefined
        ? []
        : [['access-control-max-age', String(maxAgeSeconds)] as const]),
    ],
  }
}

/** Undefined when there are too many, or one that is no name of a header. */
function requestedHeaders(request: IncomingRequest): readonly string[] | undefined {
  const text = request.header('access-control-request-headers') ?? ''
  const names = text.split(',', maxRequestedHeaders + 1)
  const headers = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '')
  const fine =
    headers.length <= maxRequestedHeaders &&
    headers.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
  return fine ? headers : undefined
}

/** What lets a page of another site read the answer to this request. */
export function corsHeaders(
  rules: readonly CorsRule[],
  request: IncomingRequest,
): readonly ReplyHeader[] {
  const origin = request.header('origin')
  if (origin === undefined || rules.length === 0) return []
  const match = matchCors(rules, { origin, method: request.method, headers: [] })
  return match === undefined ? [vary] : allowed(match, origin)
}

/**
 * A rule that names a site lets its pages send cookies and the like, as S3 does; one with a `*`
 * never: any page could then use what a visitor's browser keeps.
 */
function allowed({ rule, allowedOrigin }: CorsMatch, origin: string): ReplyHeader[] {
  const headers: ReplyHeader[] = [
    ['access-control-allow-origin', allowedOrigin === '*' ? '*' : origin],
    ['access-control-allow-methods', rule.allowedMethods.join(', ')],
  ]
  if (!allowedOrigin.includes('*')) headers.push(['access-control-allow-credentials', 'true'])
  const { exposeHeaders = [] } = rule
  if (exposeHeaders.length > 0) {
    headers.push(['access-control-expose-headers', exposeHeaders.join(', ')])
  }
  headers.push(vary)
  return headers
}
