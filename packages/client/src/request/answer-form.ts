import { headerValue, type WireHeaders } from '../transport/transport.ts'

/**
 * What a success looks like:
 *
 * - `nothing`: no body
 * - `stored`: no body, and the ETag of what was stored
 * - `document`: a document, whose root element or members the operation checks
 * - `object`: the head of an object
 * - `bucket`: the head of a bucket
 * - `stream`: a result that is sent while it is made
 */
export type AnswerForm = 'nothing' | 'stored' | 'document' | 'object' | 'bucket' | 'stream'

/** An answer with a status below 300; without a body where that is still on its way. */
interface Answer {
  readonly status: number
  readonly headers: WireHeaders
  readonly body: unknown
}

type Check = (answer: Answer) => boolean

interface Form {
  readonly statuses: readonly number[]
  readonly isMet: Check
}

/** Headers of S3 and of the stores that speak it. */
const traces = ['x-amz-', 'x-minio-', 'x-goog-', 'x-rgw-'] as const
/** Those of what stands before all kinds of sites at Amazon. */
const notTraces = ['x-amz-cf-', 'x-amz-apigw-'] as const
/** The namespace of S3's documents, in those that some stores send in place of nothing. */
const namespace = Buffer.from('://s3.amazonaws.com/doc/')

/** Whether a header tells that a store answered: not every store sends one. */
export function hasTrace(headers: WireHeaders): boolean {
  const begins = (name: string, prefixes: readonly string[]): boolean =>
    prefixes.some((prefix) => name.startsWith(prefix))
  const names = Object.keys(headers)
  if (names.some((name) => begins(name, traces) && !begins(name, notTraces))) return true
  // Moto names its requests as most services of AWS do, and so does an API gateway.
  return headers['x-amzn-requestid'] !== undefined && headers['x-amz-apigw-id'] === undefined
}

function typeOf({ headers }: Answer): string {
  return headerValue(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

const pageTypes: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml'])
const documentTypes: ReadonlySet<string> = new Set(['', 'application/xml', 'text/xml'])
const streamTypes: ReadonlySet<string> = new Set([
  'application/json',
  'text/html',
  'text/plain',
  'application/xhtml+xml',
])

const isEmpty: Check = ({ headers, body }) =>
  body instanceof Uint8Array ? body.length === 0 : headerValue(headers, 'content-length') === '0'

const isDocument: Check = ({ body }) =>
  body instanceof Uint8Array &&
  Buffer.from(body.buffer, body.byteOffset, body.length).includes(namespace)

/** Empty, or something in its place that comes from a store. */
const isEmptyOfStore: Check = (answer) =>
  isEmpty(answer) ||
  (!pageTypes.has(typeOf(answer)) && (hasTrace(answer.headers) || isDocument(answer)))

/**
 * An empty answer is what S3 sends; a page is what a portal sends in place of the store. Some
 * frameworks, and the stores that are made with them, call nothing at all a page.
 */
const isNothing: Check = (answer) =>
  isEmptyOfStore(answer) &&
  (!pageTypes.has(typeOf(answer)) || answer.status === 204 || hasTrace(answer.headers))

const isObject: Check = (answer) => {
  const { headers } = answer
  if (headers['etag'] !== undefined || headers['last-modified'] !== undefined) return true
  if (hasTrace(headers)) return true
  // Minimal stores may leave all of it out, but then they do not say what kind of page it is.
  return headers['content-type'] === undefined && !isEmpty(answer)
}

const forms: Readonly<Record<AnswerForm, Form>> = {
  nothing: { statuses: [200, 201, 204], isMet: isNothing },
  stored: {
    statuses: [200, 201, 204],
    isMet: (answer) => isEmptyOfStore(answer) && (headerValue(answer.headers, 'etag') ?? '') !== '',
  },
  document: { statuses: [200], isMet: (answer) => !isEmpty(answer) || hasTrace(answer.headers) },
  object: { statuses: [200, 206], isMet: isObject },
  bucket: {
    statuses: [200],
    isMet: (answer) => documentTypes.has(typeOf(answer)) || hasTrace(answer.headers),
  },
  stream: {
    statuses: [200],
    isMet: (answer) =>
      !isEmpty(answer) && (!streamTypes.has(typeOf(answer)) || hasTrace(answer.headers)),
  },
}

/** Whether an answer with a status below 300 can be one of the store to a request of this form. */
export function isOfForm(form: AnswerForm, answer: Answer): boolean {
  const { statuses, isMet } = forms[form]
  return statuses.includes(answer.status) && isMet(answer)
}
