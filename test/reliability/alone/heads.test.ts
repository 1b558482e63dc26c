import { afterAll, beforeAll, expect, it } from 'vitest'

import { startServer, type StowageServer } from '@stowage/server'
import { ManualTimers } from '../../../packages/server/test/support/manual-timers.ts'
import { passUntil } from '../../../packages/server/test/support/pass-until.ts'
import { RawClient, RawConnection } from '../../../packages/server/test/support/raw-client.ts'
import { ServerSockets } from '../../../packages/server/test/support/server-sockets.ts'
import { randomFrom } from '../../support/random.ts'
import { record, scaled, seed } from '../support/proof.ts'

const bucket = 'heads'
const timers = new ManualTimers()
const sockets = new ServerSockets()
const random = randomFrom(seed)
let server: StowageServer
let client: RawClient
const defects: unknown[] = []

beforeAll(async () => {
  server = await startServer({ timers, onDefect: (error) => defects.push(error) })
  client = new RawClient(server)
  await client.makeBucket(bucket)
})

afterAll(async () => {
  client.close()
  await server.close()
  sockets.stop()
})

/** Heads whose names, values and target have about so many bytes. */
const shapes: Readonly<Record<string, (bytes: number) => string>> = {
  'a long header': (bytes) => `GET / HTTP/1.1\r\nA: ${'x'.repeat(bytes)}\r\n\r\n`,
  'many headers': (bytes) => `GET / HTTP/1.1\r\n${'name: value\r\n'.repeat(bytes / 9)}\r\n`,
  'a long target': (bytes) => `GET /${'x'.repeat(bytes)} HTTP/1.1\r\n\r\n`,
  'many parameters': (bytes) => `GET /b?${'a=1&'.repeat(bytes / 4)} HTTP/1.1\r\n\r\n`,
  'many colliding parameters': (bytes) =>
    `GET /b?${'__proto__&'.repeat(bytes / 10)} HTTP/1.1\r\n\r\n`,
  'a long authorization': (bytes) =>
    `GET /b HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 ${'a,='.repeat(bytes / 3)}\r\n\r\n`,
}

const limitBytes = 32 * 1024
/** None within the few hundred bytes in which a head may be counted either way. */
const sizes = [100, 4000, 16_000, 31_000, 34_000, 65_536, 200_000, 1_000_000]

/** In pieces as the network might cut them. */
async function sendInPieces(connection: RawConnection, bytes: string): Promise<void> {
  const pieces = 1 + Math.floor(random() * 6)
  const each = Math.ceil(bytes.length / pieces)
  for (let start = 0; start < bytes.length; start += each) {
    connection.write(bytes.slice(start, start + each))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it('answers heads of every shape and size, and no other request is disturbed', async () => {
  let cases = 0
  let wrong = 0
  let disturbed = 0
  for (let round = 0; round < scaled(8); round += 1) {
    for (const headOf of Object.values(shapes)) {
      for (const size of sizes) {
        const connection = new RawConnection(server.port)
        const bytes = size + Math.floor(random() * 50)
        await sendInPieces(connection, headOf(bytes))
        const answer = await connection.until('</Error>')
        connection.destroy()
        const refused = answer.includes('<Code>RequestHeaderSectionTooLarge</Code>')
        if (!answer.includes('</Error>') || refused !== bytes > limitBytes) wrong += 1
        cases += 1
      }
      const { status } = await client.send({ bucket })
      if (status !== 200) disturbed += 1
    }
  }
  record({
    proof: 'heads up to the limit and beyond',
    unit: 'cases',
    reached: cases,
    required: 8 * Object.keys(shapes).length * sizes.length,
    failures: { 'wrong answers': wrong, 'others disturbed': disturbed, defects: defects.length },
  })
  expect({ wrong, disturbed, defects }).toEqual({ wrong: 0, disturbed: 0, defects: [] })
})

/** What a slow client begins with, and goes on with. */
const drips: readonly (() => readonly [begin: string, drip: string])[] = [
  () => ['', ''],
  () => ['G', ''],
  () => ['GET / HT', 'x'],
  () => ['GET / HTTP/1.1\r\nA: ', 'x'],
  () => ['\r\n', '\r\n'],
  () => [upload({ 'content-length': '1000000' }), 'x'],
  () => [upload({ 'content-length': '1000000' }), ''],
  () => ['PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
  () => [upload({ 'content-length': '5', expect: '100-continue' }), ''],
]

function upload(more: Readonly<Record<string, string>>): string {
  const input = { method: 'PUT', bucket, key: 'slow', payloadHash: 'UNSIGNED-PAYLOAD' }
  return client.wireHead(input, more)
}

it('ends every slow head and body within its limit, and stores nothing', async () => {
  const clients = scaled(100)
  client.close()
  await sockets.allClosed()
  const slow = Array.from({ length: clients }, (_, index) => {
    const [begin = '', drip = ''] = drips[index % drips.length]?.() ?? []
    const connection = new RawConnection(server.port)
    connection.write(begin)
    return { connection, drip }
  })
  const closed = Promise.all(slow.map(({ connection }) => connection.untilClosed()))
  const passedMs = await passUntil(timers, closed, () => {
    for (const { connection, drip } of slow) connection.write(drip)
  })
  await sockets.allClosed()
  const { code } = await client.get(bucket, 'slow')
  const stored = code === 'NoSuchKey' ? 0 : 1
  record({
    proof: 'slow heads and bodies',
    unit: 'clients',
    reached: clients,
    required: 100,
    failures: { stored, defects: defects.length },
    notes: [`the last was ended after ${passedMs / 1000} s of virtual time`],
  })
  expect({ stored, defects }).toEqual({ stored: 0, defects: [] })
})
