// `npm run bench:select`: what a large result of selectObjectContent takes of memory, of the client
// in one process and of the server in another.
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
import { alignRows } from './lib/table.mjs'

/** @typedef {import('./select-memory-process.mjs').Address} Address */
/** @typedef {import('./select-memory-process.mjs').Order} Order */
/** @typedef {import('./select-memory-process.mjs').Query} Query */
/** @typedef {import('./select-memory-process.mjs').Memory} Memory */

const LIMIT_MB = 100
const BYTES_PER_MB = 1_000_000
const PROCESS = fileURLToPath(new URL('select-memory-process.mjs', import.meta.url))
const CSV = `1234567,"a name, with commas",12.50,true,2024-02-29,${'n'.repeat(40)}\n`
const JSON_LINES = `{"id":1234567,"name":"a name, with commas","flag":true,"note":"${'n'.repeat(40)}"}\n`

/** @type {Readonly<Record<string, string>>} */
const LINES = {
  csv: CSV,
  wide: CSV.replaceAll('n', '字'),
  long: CSV.replace('n', 'n'.repeat(20_000)),
  json: JSON_LINES,
}

/** @type {readonly (Query & { readonly lines: string })[]} */
const QUERIES = [
  { lines: 'csv', expression: 'SELECT * FROM S3Object' },
  { lines: 'csv', expression: "SELECT _2 FROM S3Object WHERE _4 = 'true'" },
  { lines: 'csv', expression: 'SELECT * FROM S3Object', pauseMillis: 5 },
  { lines: 'wide', expression: 'SELECT * FROM S3Object' },
  { lines: 'long', expression: 'SELECT * FROM S3Object' },
  { lines: 'json', expression: 'SELECT * FROM S3Object' },
  { lines: 'json', expression: 'SELECT s.name FROM S3Object s WHERE s.flag = true' },
]

const { values } = parseArgs({ options: { mb: { type: 'string', default: '200' } } })
const sizeBytes = positiveInteger('mb', values.mb) * BYTES_PER_MB
const directory = mkdtempSync(join(tmpdir(), 'stowage-select-memory-'))
try {
  await upload()
  const rows = []
  for (const query of QUERIES) rows.push(...(await measure(query)))
  console.log(`objects of ${values.mb} MB; resident size in MB`)
  console.log(`passes when it grows by less than ${LIMIT_MB} MB\n`)
  console.log(alignRows([['', 'after a small query', 'peak', 'growth', 'verdict'], ...rows]))
} finally {
  rmSync(directory, { recursive: true })
}

/** By a server that ends then, so that its memory does not count. */
async function upload() {
  const server = await start({ role: 'server', directory })
  const { accessKey, secretKey, endpoint } = server.address
  const client = new Client({ endpoint, accessKey, secretKey })
  await client.makeBucket('select')
  for (const [name, line] of Object.entries(LINES)) {
    await client.putObject('select', `small.${name}`, line)
    await client.putObject('select', `large.${name}`, repeated(Buffer.from(line)))
  }
  await client.close()
  await server.end()
}

/** @param {Buffer} line */
async function* repeated(line) {
  const linesPerPiece = Math.ceil(BYTES_PER_MIB / line.length)
  const piece = Buffer.concat(Array.from({ length: linesPerPiece }, () => line))
  for (let sent = 0; sent < sizeBytes; sent += piece.length) yield piece
}

/**
 * Both processes are new for each query.
 *
 * @param {Query & { readonly lines: string }} query
 */
async function measure({ lines, ...query }) {
  const server = await start({ role: 'server', directory })
  const client = await start({ role: 'client', address: server.address })
  await client.ask({ query, object: `small.${lines}` })
  const before = [await client.ask({}), await server.ask({})]
  const startMillis = performance.now()
  await client.ask({ query, object: `large.${lines}` })
  const label = `${lines}${query.pauseMillis === undefined ? '' : ', read slowly'}: ${query.expression}`
  console.error(`${label}: ${((performance.now() - startMillis) / 1000).toFixed(1)} s`)
  const after = [await client.ask({}), await server.ask({})]
  await client.end()
  await server.end()
  return ['client', 'server'].map((role, at) =>
    rowOf(`${role}, ${label}`, before[at]?.rssBytes ?? 0, after[at]?.peakRssBytes ?? 0),
  )
}

/**
 * @param {string} label
 * @param {number} baselineBytes
 * @param {number} peakBytes
 */
function rowOf(label, baselineBytes, peakBytes) {
  const growthBytes = peakBytes - baselineBytes
  const passes = growthBytes < LIMIT_MB * BYTES_PER_MB
  if (!passes) process.exitCode = 1
  const sizes = [baselineBytes, peakBytes, growthBytes].map((bytes) =>
    (bytes / BYTES_PER_MB).toFixed(1),
  )
  return [label, ...sizes, passes ? 'pass' : 'FAIL']
}

/** @param {import('./select-memory-process.mjs').Role} role */
async function start(role) {
  const child = fork(PROCESS, [JSON.stringify(role)])
  const next = async () => {
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the ${role.role} has ended`)
    })
    const [message] = await Promise.race([once(child, 'message'), ended])
    return message
  }
  /** @type {Address} */
  const address = await next()
  return {
    address,
    /**
     * @param {Order} order
     * @returns {Promise<Memory>}
     */
    ask: (order) => {
      child.send(order)
      return next()
    },
    end: async () => {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
