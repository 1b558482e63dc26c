import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bulkReplyTo } from '../lib/bulk-replies.mjs'
import { bulkKey, BYTES_PER_MIB } from '../lib/payload.mjs'

const target = `/bench-bucket/${bulkKey(1)}`
const size = BYTES_PER_MIB

/** @param {string} [range] */
function get(range) {
  const reply = bulkReplyTo({ method: 'GET', target, range })
  assert.ok(reply)
  const head = reply.head.toString()
  assert.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), reply.bodyBytes)
  return {
    status: Number(head.slice(9, 12)),
    contentRange: /content-range: (.*)\r/.exec(head)?.[1],
    bodyBytes: reply.bodyBytes,
  }
}

test('a key says how large its object is', () => {
  assert.deepEqual(get(), { status: 200, contentRange: undefined, bodyBytes: size })
  const head = bulkReplyTo({ method: 'HEAD', target: `${target}?versionId=1`, range: undefined })
  assert.match(head?.head.toString() ?? '', new RegExp(`content-length: ${size}\\r`))
  assert.equal(head?.bodyBytes, 0)
  assert.equal(
    bulkReplyTo({ method: 'GET', target: '/bench-bucket/key', range: undefined }),
    undefined,
  )
})

test('serves every form of a single range', () => {
  const last = size - 1
  const expected = {
    'bytes=0-0': ['0-0', 1],
    'bytes=10-19': ['10-19', 10],
    [`bytes=${last}-`]: [`${last}-${last}`, 1],
    [`bytes=1-${size * 2}`]: [`1-${last}`, last],
    'bytes=-5': [`${size - 5}-${last}`, 5],
  }
  for (const [range, [bounds, bodyBytes]] of Object.entries(expected)) {
    assert.deepEqual(get(range), {
      status: 206,
      contentRange: `bytes ${bounds}/${size}`,
      bodyBytes,
    })
  }
  assert.equal(get(`bytes=${size}-`).status, 416)
})

test('an ETag is no MD5 unless it was asked for', () => {
  const etag = (/** @type {string | undefined} */ md5) => {
    const reply = bulkReplyTo({ method: 'PUT', target, range: undefined }, md5)
    return /etag: "(.*)"/.exec(reply?.head.toString() ?? '')?.[1]
  }
  assert.match(etag(undefined) ?? '', /-2$/)
  assert.equal(etag('0123456789abcdef0123456789abcdef'), '0123456789abcdef0123456789abcdef')
})
