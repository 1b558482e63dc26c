import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestReader } from '../lib/request-reader.mjs'

const sized = 'PUT /b/sized HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345'
const chunked =
  'PUT /b/chunked HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n' +
  '5;chunk-signature=00\r\n12345\r\na\r\n0123456789\r\n0\r\nx-trailer: t\r\n\r\n'
const plain = 'GET /b/plain?a=b HTTP/1.1\r\nConnection: close\r\n\r\n'

/** @param {number} pieceBytes */
function targetsRead(pieceBytes) {
  /** @type {string[]} */
  const targets = []
  const reader = new RequestReader(
    ({ target }) => targets.push(target),
    () => assert.fail('nobody asked for 100 Continue'),
  )
  const bytes = Buffer.from(sized + chunked + plain + chunked + sized)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.push(bytes.subarray(at, at + pieceBytes))
  }
  return targets
}

test('finds the same pipelined requests, wherever the bytes are cut', () => {
  const expected = ['/b/sized', '/b/chunked', '/b/plain?a=b', '/b/chunked', '/b/sized']
  for (let pieceBytes = 1; pieceBytes <= 400; pieceBytes++) {
    assert.deepEqual(targetsRead(pieceBytes), expected, `pieces of ${pieceBytes} bytes`)
  }
})

test('counts the bytes of each body, and shows those that have a length', () => {
  /** @type {number[]} */
  const counts = []
  let seen = ''
  const reader = new RequestReader(
    (_, bodyBytes) => counts.push(bodyBytes),
    () => assert.fail('nobody asked for 100 Continue'),
    (bytes) => {
      seen += bytes.toString()
    },
  )
  for (const byte of Buffer.from(sized + chunked + plain)) reader.push(Buffer.of(byte))
  assert.deepEqual(counts, [5, 15, 0])
  assert.equal(seen, '12345')
})

test('asks for the body only of a client that waits', () => {
  let continues = 0
  let requests = 0
  const reader = new RequestReader(
    () => requests++,
    () => continues++,
  )
  const head = 'PUT /b/k HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'
  reader.push(Buffer.from(head))
  assert.deepEqual([continues, requests], [1, 0])
  reader.push(Buffer.from('abc'))
  assert.deepEqual([continues, requests], [1, 1])
  reader.push(Buffer.from(`${head}abc`))
  assert.deepEqual([continues, requests], [1, 2])
})
