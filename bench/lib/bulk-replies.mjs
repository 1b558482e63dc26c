import { bulkObjectBytes, BYTES_PER_MIB, opaqueEtag } from './payload.mjs'
import { LAST_MODIFIED, serialize } from './replies.mjs'

const PIECE = Buffer.alloc(BYTES_PER_MIB, 'stowage ')

/**
 * @typedef {object} BulkReply
 * @property {Buffer} head
 * @property {number} bodyBytes  to be generated
 */

/**
 * The answer to a request for a large object; undefined when it is none.
 *
 * @param {Pick<import('./request-reader.mjs').RequestHead, 'method' | 'target' | 'range'>} request
 * @param {string} [bodyMd5]  of what was put, in hex, if anybody wants it as the ETag
 * @returns {BulkReply | undefined}
 */
export function bulkReplyTo({ method, target, range }, bodyMd5) {
  const size = bulkObjectBytes(target)
  if (size === undefined) return undefined
  switch (method) {
    case 'PUT':
      return reply('200 OK', { etag: bodyMd5 ? `"${bodyMd5}"` : opaqueEtag, 'content-length': 0 })
    case 'HEAD':
      return reply('200 OK', objectHeaders(size))
    case 'GET':
      return range === undefined ? wholeReply(size) : rangeReply(size, range)
    default:
      return undefined
  }
}

/**
 * Sends a generated body: the same bytes again and again, never more than one piece at a time.
 *
 * @param {import('node:net').Socket} socket
 * @param {number} bodyBytes
 * @param {() => void} onEnd  called when the socket has taken the last piece
 */
export function sendGenerated(socket, bodyBytes, onEnd) {
  let left = bodyBytes
  const send = () => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE
      left -= piece.length
      if (!socket.write(piece)) {
        socket.once('drain', send)
        return
      }
    }
    onEnd()
  }
  send()
}

/** @param {number} size */
function wholeReply(size) {
  return reply('200 OK', objectHeaders(size), size)
}

/**
 * @param {number} size
 * @param {string} range
 */
function rangeReply(size, range) {
  const bounds = boundsOf(size, range)
  if (bounds === undefined) {
    const headers = { 'content-range': `bytes */${size}`, 'content-length': 0 }
    return reply('416 Range Not Satisfiable', headers)
  }
  const { start, end } = bounds
  const contentRange = `bytes ${start}-${end}/${size}`
  const length = end - start + 1
  const headers = { ...objectHeaders(length), 'content-range': contentRange }
  return reply('206 Partial Content', headers, length)
}

/**
 * First and last byte of a range (RFC 9110, section 14.1.2).
 *
 * @param {number} size
 * @param {string} range
 */
function boundsOf(size, range) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return start <= end ? { start, end } : undefined
}

/** @param {number} contentLength */
function objectHeaders(contentLength) {
  return {
    'content-type': 'application/octet-stream',
    'content-length': contentLength,
    etag: opaqueEtag,
    'last-modified': LAST_MODIFIED,
    'accept-ranges': 'bytes',
  }
}

/**
 * @param {string} status
 * @param {Record<string, string | number>} headers
 * @param {number} bodyBytes
 * @returns {BulkReply}
 */
function reply(status, headers, bodyBytes = 0) {
  return { head: serialize(status, headers, NOTHING, new Date()), bodyBytes }
}

const NOTHING = Buffer.alloc(0)
