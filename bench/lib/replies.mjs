import { listingPage } from './listing-pages.mjs'
import { objectBody, objectEtag } from './payload.mjs'

const NOTHING = Buffer.alloc(0)
const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
export const LAST_MODIFIED = 'Fri, 02 Jan 2026 03:04:05 GMT'

/** A reply that is built once a second, when its Date goes stale, and not once a request. */
class CannedReply {
  #status
  #headers
  #body
  #second = -1
  #bytes = NOTHING

  /**
   * @param {string} status
   * @param {Record<string, string | number>} headers
   * @param {Buffer} body
   */
  constructor(status, headers, body = NOTHING) {
    this.#status = status
    this.#headers = headers
    this.#body = body
  }

  bytes() {
    const now = Date.now()
    const second = Math.trunc(now / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#bytes = serialize(this.#status, this.#headers, this.#body, new Date(now))
    }
    return this.#bytes
  }
}

/**
 * @param {string} status
 * @param {Record<string, string | number>} headers
 * @param {Buffer} body
 * @param {Date} date
 */
export function serialize(status, headers, body, date) {
  const lines = Object.entries({
    date: date.toUTCString(),
    server: 'stowage-bench',
    'x-amz-request-id': '0123456789ABCDEF',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`), body])
}

/** @param {string} text */
function xmlReply(text) {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`)
  return new CannedReply('200 OK', xmlHeaders(body), body)
}

/** @param {Buffer} body */
function xmlHeaders(body) {
  return { 'content-type': 'application/xml', 'content-length': body.length }
}

const objectHeaders = {
  'content-type': 'application/octet-stream',
  'content-length': objectBody.length,
  etag: objectEtag,
  'last-modified': LAST_MODIFIED,
  'accept-ranges': 'bytes',
}

const replies = {
  done: new CannedReply('200 OK', { 'content-length': 0 }),
  stored: new CannedReply('200 OK', { 'content-length': 0, etag: objectEtag }),
  removed: new CannedReply('204 No Content', {}),
  object: new CannedReply('200 OK', objectHeaders, objectBody),
  objectHead: new CannedReply('200 OK', objectHeaders),
  location: xmlReply(`<LocationConstraint ${XMLNS}>us-east-1</LocationConstraint>`),
  initiated: xmlReply(
    `<InitiateMultipartUploadResult ${XMLNS}><Bucket>bench-bucket</Bucket><Key>object</Key>` +
      '<UploadId>bench-upload</UploadId></InitiateMultipartUploadResult>',
  ),
  // minio looks for an unfinished upload of the same key before it begins one.
  noUploads: xmlReply(
    `<ListMultipartUploadsResult ${XMLNS}><Bucket>bench-bucket</Bucket><KeyMarker></KeyMarker>` +
      '<UploadIdMarker></UploadIdMarker><IsTruncated>false</IsTruncated>' +
      '</ListMultipartUploadsResult>',
  ),
  completed: xmlReply(
    `<CompleteMultipartUploadResult ${XMLNS}><Location>/bench-bucket/object</Location>` +
      '<Bucket>bench-bucket</Bucket><Key>object</Key>' +
      '<ETag>&quot;0123456789abcdef0123456789abcdef-1&quot;</ETag></CompleteMultipartUploadResult>',
  ),
  unknown: new CannedReply('501 Not Implemented', { 'content-length': 0 }),
}

/**
 * The answer to one request. Nothing is checked and nothing is stored.
 *
 * @param {string} method
 * @param {string} target  request target as it stood on the wire
 * @returns {Buffer}
 */
export function replyTo(method, target) {
  const [path = '', search = ''] = target.split('?', 2)
  const [, bucket = '', key = ''] = path.split('/', 3)
  const query = search === '' ? undefined : new URLSearchParams(search)
  if (key === '' && method === 'GET') return bucketReply(bucket, query ?? new URLSearchParams())
  return cannedReply(method, key !== '', query).bytes()
}

/**
 * @param {string} bucket
 * @param {URLSearchParams} query
 */
function bucketReply(bucket, query) {
  if (query.has('location')) return replies.location.bytes()
  if (query.has('uploads')) return replies.noUploads.bytes()
  const page = listingPage(bucket, query)
  return serialize('200 OK', xmlHeaders(page), page, new Date())
}

/**
 * @param {string} method
 * @param {boolean} isObject
 * @param {URLSearchParams | undefined} query
 */
function cannedReply(method, isObject, query) {
  switch (method) {
    case 'GET':
      return replies.object
    case 'HEAD':
      return isObject ? replies.objectHead : replies.done
    case 'PUT':
      return isObject ? replies.stored : replies.done
    case 'POST':
      return query?.has('uploads') ? replies.initiated : replies.completed
    case 'DELETE':
      return replies.removed
    default:
      return replies.unknown
  }
}
