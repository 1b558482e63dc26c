import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { KEYS_PER_PAGE } from '../lib/payload.mjs'
import { replyTo } from '../lib/replies.mjs'

/** @param {string} target */
function bodyOf(target) {
  const reply = replyTo('GET', target)
  const start = reply.indexOf('\r\n\r\n') + 4
  const head = reply.toString('latin1', 0, start)
  const body = reply.subarray(start)
  assert.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), body.length)
  return { head, body }
}

/**
 * Follows a listing to its end.
 *
 * @param {string} query
 * @param {(page: string, keys: string[]) => string} next  parameter of the request that follows
 */
function keysOf(query, next) {
  const all = []
  for (let parameter = ''; ;) {
    const page = bodyOf(`/bench-bucket?${query}${parameter}`).body.toString()
    const keys = [...page.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key)
    all.push(...keys)
    if (!page.includes('<IsTruncated>true</IsTruncated>')) return all
    parameter = next(page, keys)
  }
}

test('the ETag is the MD5 of the object', () => {
  const { head, body } = bodyOf('/bench-bucket/key')
  assert.equal(/etag: "(\w+)"/.exec(head)?.[1], createHash('md5').update(body).digest('hex'))
})

test('both versions of a listing give every key once, in order', () => {
  const second = keysOf('list-type=2&prefix=pages-12%2F', (page) => {
    const token = /<NextContinuationToken>([^<]+)</.exec(page)?.[1]
    return `&continuation-token=${token}`
  })
  const first = keysOf('prefix=pages-12/', (_, keys) => {
    return `&marker=${encodeURIComponent(keys.at(-1) ?? '')}`
  })
  assert.equal(new Set(second).size, 12 * KEYS_PER_PAGE)
  assert.deepEqual(second, second.toSorted())
  assert.deepEqual(first, second)
})
