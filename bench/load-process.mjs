// One of the processes of the load: a server that measures its own event loop and memory, or what
// sends it requests on many connections at a time. It ends with its parent.
import { createServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { startServer } from '../packages/server/dist/index.js'
import { runLoad } from './lib/load.mjs'
import { peakRssBytes } from './lib/peak-rss.mjs'

/** @typedef {{ endpoint: string, accessKey: string, secretKey: string }} Address */
/** @typedef {import('../packages/server/dist/index.js').ServerOptions} ServerOptions */
/**
 * @typedef {{ role: 'bare' }
 *   | { role: 'server', options: ServerOptions }
 *   | { role: 'load', address: Address, load: import('./lib/load.mjs').Load }} Role
 */
/**
 * @typedef {object} ServerState
 * @property {number} rssBytes
 * @property {number} peakRssBytes
 * @property {number} heldBytes       by JavaScript; with `--expose-gc`, what is still needed
 * @property {number} longestStallMs  of the event loop, since the last state
 */

/** @type {Role} */
const role = JSON.parse(process.argv[2] ?? '')
if (role.role === 'load') {
  tell(await runLoad(role.address, role.load))
} else {
  tell(role.role === 'bare' ? await startBare() : await startOurs(role.options))
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  process.on('message', () => void tellState(delay))
}
process.on('disconnect', () => process.exit())

/** @param {ServerOptions} options @returns {Promise<Address>} */
async function startOurs(options) {
  const { endpoint, accessKey, secretKey } = await startServer(options)
  return { endpoint, accessKey, secretKey }
}

/**
 * The floor: Node's server, a map, no signature and no S3.
 *
 * @returns {Promise<Address>}
 */
async function startBare() {
  /** @type {Map<string, Buffer>} */
  const objects = new Map()
  const server = createServer((request, response) => {
    const key = request.url ?? ''
    /** @type {Buffer[]} */
    const chunks = []
    request.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk))
    request.on('end', () => {
      if (request.method === 'PUT') objects.set(key, Buffer.concat(chunks))
      const body = request.method === 'GET' ? objects.get(key) : undefined
      response.writeHead(200, { 'content-length': body?.length ?? 0 })
      response.end(body)
    })
  })
  await new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => resolve(undefined))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    accessKey: 'nobody',
    secretKey: 'checks it',
  }
}

/** @param {import('node:perf_hooks').IntervalHistogram} delay */
async function tellState(delay) {
  const longestStallMs = delay.max / 1e6
  await collectGarbage()
  const { rss, heapUsed, external } = process.memoryUsage()
  const heldBytes = heapUsed + external
  tell({ rssBytes: rss, peakRssBytes: peakRssBytes(), heldBytes, longestStallMs })
  // The time of garbage collection belongs to no request.
  delay.reset()
}

/** Only with `--expose-gc`; buffers are freed some time after the collection. */
async function collectGarbage() {
  for (let again = 0; again < 2 && globalThis.gc !== undefined; again++) {
    globalThis.gc()
    await setTimeout(50)
  }
}

/** @param {object} message */
function tell(message) {
  process.send?.(message)
}
