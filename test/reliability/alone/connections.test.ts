import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'

import type { ServerOptions } from '@stowage/server'
import { RawClient } from '../../../packages/server/test/support/raw-client.ts'
import { record } from '../support/proof.ts'
import { connectionLimit, ServerProcess, type ServerState } from './support/processes.ts'

const bucket = 'proofs'
const body = Buffer.alloc(4096, 'content')

let server: ServerProcess
let client: RawClient
const sockets: Socket[] = []

/** Nothing ends by the time: what is measured has to stay. */
const patient: ServerOptions = {
  maxConnections: 20_000,
  timeouts: { headMs: 3_600_000, idleMs: 3_600_000, stallMs: 3_600_000 },
  minBytesPerSecond: 0,
}

beforeEach(async () => {
  server = await ServerProcess.start(patient)
  const { accessKey, secretKey } = server.address
  client = new RawClient({ accessKey, secretKey, port: server.port, region: 'us-east-1' })
  await client.makeBucket(bucket)
  for (let index = 0; index < 200; index += 1) await client.put(bucket, 'key', body)
  await server.state()
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  client.close()
  await server.stop()
})

/** A client that reads nothing. */
async function open(bytes: string | Uint8Array): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: server.port })
  sockets.push(socket)
  socket.on('error', () => undefined)
  socket.pause()
  await once(socket, 'connect')
  socket.write(bytes)
  return socket
}

/** Puts and gets, one request after another. */
async function serveHealthy(requests: number): Promise<{ wrong: number; slowestMs: number }> {
  let wrong = 0
  let slowestMs = 0
  for (let index = 0; index < requests; index += 1) {
    const began = performance.now()
    const { status } = await client.put(bucket, 'key', body)
    const read = await client.get(bucket, 'key')
    slowestMs = Math.max(slowestMs, performance.now() - began)
    if (status !== 200 || !read.body.equals(body)) wrong += 1
  }
  return { wrong, slowestMs }
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`

/** One answer after another makes sure that the server has seen what was sent before. */
async function stateAfter(requests: number): Promise<[ServerState, number, number]> {
  const { wrong, slowestMs } = await serveHealthy(requests)
  return [await server.state(), wrong, slowestMs]
}

/** What is still needed: between a collection and its measurement new garbage has come. */
async function leastHeldBytes({ heldBytes }: ServerState): Promise<number> {
  let least = heldBytes
  for (let again = 0; again < 5; again += 1) {
    least = Math.min(least, (await server.state()).heldBytes)
  }
  return least
}

it('holds 10,000 idle connections, and serves others meanwhile', async () => {
  const wanted = Math.min(10_000, connectionLimit())
  const before = await server.state()
  while (sockets.length < wanted) {
    const batch = Math.min(500, wanted - sockets.length)
    await Promise.all(Array.from({ length: batch }, () => open('')))
  }
  const [after, wrong, slowestMs] = await stateAfter(100)
  const lost = sockets.filter(({ destroyed }) => destroyed).length
  const each = (after.heldBytes - before.heldBytes) / wanted
  const resident = (after.rssBytes - before.rssBytes) / wanted
  const tooLarge = resident > 32 * 1024 ? 1 : 0
  record({
    proof: 'idle connections',
    unit: 'connections',
    reached: wanted - lost,
    required: wanted,
    failures: { lost, 'wrong answers': wrong, 'over 32 KiB each': tooLarge },
    notes: [
      `${kib(each)} of heap and ${kib(resident)} of memory each`,
      `longest stall ${after.longestStallMs.toFixed(0)} ms`,
      `slowest put and get beside them ${slowestMs.toFixed(0)} ms`,
    ],
  })
  expect({ lost, wrong, tooLarge }).toEqual({ lost: 0, wrong: 0, tooLarge: 0 })
})

const listing = 'GET / HTTP/1.1\r\n\r\n'
const sizeHeader = (bytes: number): string =>
  `PUT /b/k HTTP/1.1\r\nContent-Length: ${bytes}\r\n\r\n`
const chunked = 'PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n'
const large = `${sizeHeader(100_000)}${'x'.repeat(100_000)}`

/** What is sent at once on one connection, of which nothing is read. */
const floods: readonly (readonly [name: string, bytes: () => string])[] = [
  ['1,000 listings', () => listing.repeat(1000)],
  ['100,000 listings', () => listing.repeat(100_000)],
  ['50,000 bodies in chunks', () => chunked.repeat(50_000)],
  ['20,000 small bodies', () => `${sizeHeader(9)}${listing.slice(0, 9)}`.repeat(20_000)],
  ['100 large bodies', () => large.repeat(100)],
  ['a body that is not read', () => `${sizeHeader(50_000_000)}${'x'.repeat(10_000_000)}`],
  ['50,000 signed gets', () => client.wireHead({ bucket, key: 'key' }).repeat(50_000)],
  ['50,000 expectations', () => 'GET / HTTP/1.1\r\nExpect: x\r\n\r\n'.repeat(50_000)],
]

/** Of one connection, whatever it sends. */
const mostBytes = 512 * 1024
const floodersEach = 40

it('keeps the memory of connections small that pipeline and never read', async () => {
  const notes: string[] = []
  let flooders = 0
  let wrongAnswers = 0
  let tooLarge = 0
  for (const [name, bytes] of floods) {
    const before = await server.state()
    const flood = Buffer.from(bytes())
    await Promise.all(Array.from({ length: floodersEach }, () => open(flood)))
    const [during, wrong] = await stateAfter(50)
    const each = ((await leastHeldBytes(during)) - before.heldBytes) / floodersEach
    flooders += floodersEach
    wrongAnswers += wrong
    tooLarge += each > mostBytes ? 1 : 0
    notes.push(`${name}: ${kib(each)} each, stall ${during.longestStallMs.toFixed(0)} ms`)
    for (const socket of sockets.splice(0)) socket.destroy()
    await serveHealthy(20)
  }
  record({
    proof: 'pipelining without reading',
    unit: 'connections',
    reached: flooders,
    required: floods.length * floodersEach,
    failures: { 'wrong answers': wrongAnswers, 'over 512 KiB each': tooLarge },
    notes,
  })
  expect({ wrongAnswers, tooLarge }).toEqual({ wrongAnswers: 0, tooLarge: 0 })
})
