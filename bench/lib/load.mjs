import { connect } from 'node:net'
import { amzDate, sha256Hex, signHeaders, SigningKey } from '../../packages/protocol/dist/index.js'

/**
 * @typedef {object} Load
 * @property {number} connections  at a time, all opened at once
 * @property {number} seconds      how long requests are sent
 * @property {number} bodyBytes
 * @property {string} bucket       must exist
 */
/** @typedef {{ p50Ms: number, p99Ms: number, slowestMs: number }} Latencies */
/**
 * @typedef {object} LoadResult
 * @property {number} requests
 * @property {number} errors          answers other than 200, wrong bytes, broken connections
 * @property {number} requestsPerSecond
 * @property {Latencies} put
 * @property {Latencies} get
 * @property {Latencies} first        the first of each connection, from the moment it is opened
 */
/** @typedef {{ put: Buffer, get: Buffer, body: Buffer }} SignedRequests */

/**
 * Each connection puts and gets an object of its own in turn, without a pause. Requests are signed
 * before the first connection is opened, so that what is measured is the server.
 *
 * @param {import('../load-process.mjs').Address} address
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
export async function runLoad(address, load) {
  const signer = requestSigner(address)
  const users = Array.from({ length: load.connections }, (_, index) =>
    signedRequests(signer, `/${load.bucket}/load-${index}`, Buffer.alloc(load.bodyBytes, index)),
  )
  const began = performance.now()
  const endMs = began + load.seconds * 1000
  const { port } = new URL(address.endpoint)
  const done = await Promise.all(users.map((requests) => sendUntil(endMs, Number(port), requests)))
  return summary(done, performance.now() - began)
}

/** @param {import('../load-process.mjs').Address} address */
function requestSigner({ endpoint, accessKey, secretKey }) {
  const date = amzDate(new Date())
  const key = new SigningKey(secretKey, {
    day: date.slice(0, 8),
    region: 'us-east-1',
    service: 's3',
  })
  const { host } = new URL(endpoint)
  return (/** @type {string} */ method, /** @type {string} */ path, /** @type {Buffer} */ body) => {
    const payloadHash = sha256Hex(body)
    const headers = { host, 'x-amz-date': date, 'x-amz-content-sha256': payloadHash }
    const input = { method, path, query: '', headers, amzDate: date, payloadHash }
    const { authorization } = signHeaders(key, accessKey, input)
    const lines = Object.entries({ ...headers, authorization, 'content-length': body.length })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`), body])
  }
}

/**
 * @param {ReturnType<typeof requestSigner>} sign
 * @param {string} path
 * @param {Buffer} body
 * @returns {SignedRequests}
 */
function signedRequests(sign, path, body) {
  return { put: sign('PUT', path, body), get: sign('GET', path, Buffer.alloc(0)), body }
}

/**
 * @param {number} endMs
 * @param {number} port
 * @param {SignedRequests} requests
 * @returns {Promise<{ latenciesMs: number[], errors: number }>}
 */
function sendUntil(endMs, port, { put, get, body }) {
  return new Promise((resolve) => {
    /** @type {number[]} */
    const latenciesMs = []
    let errors = 0
    let began = performance.now()
    let received = Buffer.alloc(0)
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const isPut = () => latenciesMs.length % 2 === 0
    socket.on('data', (bytes) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
      const answer = readAnswer(received)
      if (answer === undefined) return
      const now = performance.now()
      if (answer.status !== 200 || (!isPut() && !answer.body.equals(body))) errors += 1
      latenciesMs.push(now - began)
      received = Buffer.alloc(0)
      began = now
      if (now >= endMs) socket.destroy()
      else socket.write(isPut() ? put : get)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      if (performance.now() < endMs) errors += 1
      resolve({ latenciesMs, errors })
    })
    socket.write(put)
  })
}

/**
 * @param {Buffer} bytes
 * @returns {{ status: number, body: Buffer } | undefined} undefined when it is not all there
 */
function readAnswer(bytes) {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  const body = bytes.subarray(headEnd + 4)
  return body.length < length ? undefined : { status: Number(head.slice(9, 12)), body }
}

/**
 * @param {readonly { latenciesMs: number[], errors: number }[]} done
 * @param {number} passedMs
 * @returns {LoadResult}
 */
function summary(done, passedMs) {
  const all = done.map(({ latenciesMs }) => latenciesMs)
  const requests = all.flat().length
  return {
    requests,
    errors: done.reduce((sum, { errors }) => sum + errors, 0),
    requestsPerSecond: (requests / passedMs) * 1000,
    put: latencies(all.flatMap((each) => each.filter((_, index) => index % 2 === 0))),
    get: latencies(all.flatMap((each) => each.filter((_, index) => index % 2 === 1))),
    first: latencies(all.map(([first = Infinity]) => first)),
  }
}

/**
 * @param {number[]} values
 * @returns {Latencies}
 */
function latencies(values) {
  const sorted = values.toSorted((left, right) => left - right)
  const at = (/** @type {number} */ share) => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99), slowestMs: at(1) }
}
