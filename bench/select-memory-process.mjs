// One of the processes of select-memory.mjs: does what it is told over the channel to its parent,
// answers with its memory, and ends with it.
import { setTimeout } from 'node:timers/promises'
import { startServer } from '../packages/server/dist/index.js'
import { Client } from '../packages/client/dist/index.js'
import { peakRssBytes } from './lib/peak-rss.mjs'

/** @typedef {{ endpoint: string, accessKey: string, secretKey: string }} Address */
/** @typedef {{ role: 'server', directory: string } | { role: 'client', address: Address }} Role */
/** @typedef {{ readonly expression: string, readonly pauseMillis?: number }} Query */
/** @typedef {{ query?: Query, object?: string }} Order */
/** @typedef {{ rssBytes: number, peakRssBytes: number }} Memory */

/** @type {Role} */
const role = JSON.parse(process.argv[2] ?? '')
if (role.role === 'server') {
  const server = await startServer({ directory: role.directory, durability: 'flush' })
  const { endpoint, accessKey, secretKey } = server
  process.on('message', () => tell(memory()))
  process.on('disconnect', () => void server.close().then(() => process.exit()))
  tell({ endpoint, accessKey, secretKey })
} else {
  const client = new Client(role.address)
  process.on('message', (/** @type {Order} */ order) => {
    void run(client, order).then(() => tell(memory()))
  })
  process.on('disconnect', () => process.exit())
  tell(role.address)
}

/**
 * @param {Client} client
 * @param {Order} order
 */
async function run(client, { query, object }) {
  if (query === undefined || object === undefined) return
  const isJson = object.endsWith('.json')
  const { expression, pauseMillis } = query
  const result = await client.selectObjectContent('select', object, {
    expression,
    input: isJson ? { json: { type: 'LINES' } } : { csv: {} },
    output: isJson ? { json: {} } : { csv: {} },
  })
  let bytes = 0
  for await (const piece of result) {
    bytes += piece.length
    if (pauseMillis !== undefined) await setTimeout(pauseMillis)
  }
  if (bytes === 0) throw new Error(`nothing came of ${object}`)
}

/** @returns {Memory} */
function memory() {
  return { rssBytes: process.memoryUsage.rss(), peakRssBytes: peakRssBytes() }
}

/** @param {Address | Memory} message */
function tell(message) {
  process.send?.(message)
}
