// `npm run bench:server`: what the server makes of many connections at a time, beside the floor.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Client } from '../packages/client/dist/index.js'
import { positiveInteger } from './lib/options.mjs'
import { BYTES_PER_MIB } from './lib/payload.mjs'
import { spreadOf } from './lib/statistics.mjs'
import { alignRows } from './lib/table.mjs'

/** @typedef {import('./load-process.mjs').Address} Address */
/** @typedef {import('./load-process.mjs').Role} Role */
/** @typedef {import('./load-process.mjs').ServerState} ServerState */
/** @typedef {import('./lib/load.mjs').Load} Load */
/** @typedef {import('./lib/load.mjs').LoadResult & ServerState} Round */

const PROCESS = fileURLToPath(new URL('load-process.mjs', import.meta.url))
const BUCKET = 'load'
/** Before the measurement, so that V8 has compiled what serves it. */
const WARM_UP = { connections: 50, seconds: 2 }

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    kib: { type: 'string', default: '4' },
  },
})
/** @type {Load} */
const load = {
  connections: positiveInteger('connections', values.connections),
  seconds: positiveInteger('seconds', values.seconds),
  bodyBytes: positiveInteger('kib', values.kib) * 1024,
  bucket: BUCKET,
}
const folder = mkdtempSync(join(tmpdir(), 'stowage-server-load-'))

/** @type {Readonly<Record<string, (round: number) => Role>>} */
const servers = {
  'bare node:http': () => ({ role: 'bare' }),
  'stowage, memory': () => ({ role: 'server', options: {} }),
  'stowage, flush': (round) => onDisk(`flush-${round}`, 'flush'),
  'stowage, durable': (round) => onDisk(`durable-${round}`, 'durable'),
}
try {
  process.stdout.write(`${await table(positiveInteger('rounds', values.rounds))}\n`)
} finally {
  rmSync(folder, { recursive: true })
}

/**
 * @param {string} name
 * @param {'flush' | 'durable'} durability
 * @returns {Role}
 */
function onDisk(name, durability) {
  return { role: 'server', options: { directory: join(folder, name), durability } }
}

/** @param {number} rounds @returns {Promise<string>} */
async function table(rounds) {
  /** @type {Map<string, Round[]>} */
  const measured = new Map(Object.keys(servers).map((name) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [name, roleOf] of Object.entries(servers)) {
      const result = await measure(roleOf(round))
      measured.get(name)?.push(result)
      process.stderr.write(`${round}/${rounds} ${name}: ${result.requests}\n`)
    }
  }
  const header = ['put p99', 'slowest', 'get p99', 'slowest', 'first answers', 'stall']
  const rows = [...measured].map(([name, results]) => rowOf(name, results))
  const title = `${load.connections} connections, ${values.kib} KiB, milliseconds`
  const head = ['', 'requests/s', ...header, 'peak MiB', 'errors']
  return `### ${title}\n\n${alignRows([head, ...rows])}`
}

/**
 * The median of the rounds; of what is slowest, the worst.
 *
 * @param {string} name
 * @param {readonly Round[]} results
 */
function rowOf(name, results) {
  const median = (/** @type {(round: Round) => number} */ of) => spreadOf(results.map(of)).median
  const worst = (/** @type {(round: Round) => number} */ of) => spreadOf(results.map(of)).maximum
  return [
    name,
    ...[
      median(({ requestsPerSecond }) => requestsPerSecond),
      median(({ put }) => put.p99Ms),
      worst(({ put }) => put.slowestMs),
      median(({ get }) => get.p99Ms),
      worst(({ get }) => get.slowestMs),
      worst(({ first }) => first.slowestMs),
      worst(({ longestStallMs }) => longestStallMs),
      median(({ peakRssBytes }) => peakRssBytes / BYTES_PER_MIB),
      worst(({ errors }) => errors),
    ].map((value) => value.toFixed(0)),
  ]
}

/** @param {Role} role @returns {Promise<Round>} */
async function measure(role) {
  const server = start(role)
  try {
    /** @type {Address} */
    const address = await nextMessage(server)
    if (role.role === 'server') await makeBucket(address)
    await sendLoad(address, { ...load, ...WARM_UP })
    await stateOf(server)
    return { ...(await sendLoad(address, load)), ...(await stateOf(server)) }
  } finally {
    server.disconnect()
  }
}

/** @param {Address} address */
async function makeBucket(address) {
  const client = new Client(address)
  await client.makeBucket(BUCKET)
  await client.close()
}

/**
 * @param {Address} address
 * @param {Load} what
 * @returns {Promise<import('./lib/load.mjs').LoadResult>}
 */
async function sendLoad(address, what) {
  const sender = start({ role: 'load', address, load: what })
  const result = await nextMessage(sender)
  sender.disconnect()
  return result
}

/**
 * What has been seen since the last time.
 *
 * @param {import('node:child_process').ChildProcess} server
 * @returns {Promise<ServerState>}
 */
async function stateOf(server) {
  server.send('state')
  return nextMessage(server)
}

/** @param {Role} role */
function start(role) {
  return fork(PROCESS, [JSON.stringify(role)])
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
async function nextMessage(child) {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process ended with ${code}`)
  })
  const [message] = await Promise.race([once(child, 'message'), ended])
  return message
}
