import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { startServer, type ServerOptions, type StowageServer } from '@stowage/server'
import { ManualTimers } from './support/manual-timers.ts'
import { passUntil, react } from './support/pass-until.ts'
import { RawClient, RawConnection } from './support/raw-client.ts'
import { ServerSockets } from './support/server-sockets.ts'

let timers: ManualTimers
let sockets: ServerSockets
let server: StowageServer
let client: RawClient

async function start(options: ServerOptions = {}): Promise<void> {
  server = await startServer({ timers, ...options })
  client = new RawClient(server)
  await client.makeBucket('many')
  client.close()
  await sockets.allClosed()
}

beforeEach(() => {
  timers = new ManualTimers()
  sockets = new ServerSockets()
})

afterEach(async () => {
  client.close()
  await server.close()
  sockets.stop()
})

/** A client that never reads and never closes. */
async function mute(bytes: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: server.port, allowHalfOpen: true })
  socket.on('error', () => undefined)
  socket.pause()
  const acceptedBefore = sockets.accepted.length
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write(bytes)
  while (sockets.accepted.length === acceptedBefore) await react(1)
  await react()
  return socket
}

async function answerAfter(bytes: string): Promise<[answer: string, passedMs: number]> {
  const connection = new RawConnection(server.port)
  await new Promise((resolve) => connection.socket.once('connect', resolve))
  connection.write(bytes)
  const passedMs = await passUntil(timers, connection.untilClosed())
  return [await connection.untilClosed(), passedMs]
}

const halfHead = 'GET / HTTP/1.1\r\nHost: x\r\nA: '

describe('a connection without a request', () => {
  beforeEach(() => start())

  it('is closed after 10 s when it is new and sends nothing', async () => {
    const [answer, passedMs] = await answerAfter('')
    expect(answer).toBe('')
    expect(passedMs).toBe(10_500)
  })

  it('is answered and closed 10 s after the head began', async () => {
    const [answer, passedMs] = await answerAfter(halfHead)
    expect(answer).toContain('<Code>RequestTimeout</Code>')
    expect(passedMs).toBeGreaterThanOrEqual(10_500)
    expect(passedMs).toBeLessThanOrEqual(13_000)
  })

  it('is closed although the head goes on dripping', async () => {
    const connection = new RawConnection(server.port)
    connection.write(halfHead)
    const passedMs = await passUntil(timers, connection.untilClosed(), () => connection.write('x'))
    expect(await connection.untilClosed()).toContain('<Code>RequestTimeout</Code>')
    expect(passedMs).toBeLessThanOrEqual(13_000)
  })

  it('is closed 60 s after its last reply', async () => {
    const connection = new RawConnection(server.port)
    connection.write(client.wireHead({ bucket: 'many' }))
    await connection.until('</ListBucketResult>')
    await react()
    expect(await passUntil(timers, connection.untilClosed())).toBe(60_500)
  })

  it.each([
    ['sends nothing', ''],
    ['sends half a head', halfHead],
    ['sends no HTTP', 'no HTTP at all\r\n\r\n'],
    ['sends too long a head', `GET / HTTP/1.1\r\nA: ${'x'.repeat(40_000)}`],
    ['asks to close', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['sends a broken body', 'PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('is closed though its client never closes or reads, when it %s', async (_, bytes) => {
    const socket = await mute(bytes)
    expect(sockets.accepted).toHaveLength(2)
    const passedMs = await passUntil(timers, sockets.allClosed())
    expect(passedMs).toBeLessThanOrEqual(13_000)
    socket.destroy()
  })
})

describe('a reply that nobody takes', () => {
  beforeEach(() => start())

  it('ends after 30 s, whether it is one object or many listings', async () => {
    client = new RawClient(server)
    await client.put('many', 'large', Buffer.alloc(20_000_000))
    client.close()
    await sockets.allClosed()
    const request = client.wireHead({ bucket: 'many', key: 'large' })
    const listing = client.wireHead({ bucket: 'many' })
    const readers = [await mute(request), await mute(listing.repeat(30_000))]
    await react(3000)
    const passedMs = await passUntil(timers, sockets.allClosed())
    expect(passedMs).toBeGreaterThan(30_000)
    for (const reader of readers) reader.destroy()
  })
})

describe('when all places are taken', () => {
  it.each([
    ['idle', ''],
    ['half-sent', halfHead],
    ['ended', 'no HTTP at all\r\n\r\n'],
  ])('%s connections make way for a request', async (_, bytes) => {
    await start({ maxConnections: 50 })
    const idle: Socket[] = []
    while (idle.length < 50) idle.push(await mute(bytes))
    expect(sockets.openCount).toBe(50)
    client = new RawClient(server)
    expect((await client.send({ bucket: 'many' })).status).toBe(200)
    expect(sockets.openCount).toBe(50)
    for (const socket of idle) socket.destroy()
  })

  it('a new connection is closed at once while each has a request under way', async () => {
    await start({ maxConnections: 5 })
    const body = { 'content-length': '10' }
    const request = { method: 'PUT', bucket: 'many', payloadHash: 'UNSIGNED-PAYLOAD' }
    const busy: RawConnection[] = []
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      const connection = new RawConnection(server.port)
      const expecting = { ...body, expect: '100-continue' }
      connection.write(client.wireHead({ ...request, key }, expecting))
      await connection.until('100 Continue')
      busy.push(connection)
    }
    const late = new RawConnection(server.port)
    expect(await late.untilClosed()).toBe('')
    for (const connection of busy) {
      connection.write('0123456789')
      expect(await connection.until('etag')).toContain('HTTP/1.1 200 ')
      connection.destroy()
    }
  })

  it('those of one address make way for others of it alone', async () => {
    await start({ maxConnectionsPerAddress: 3 })
    const [first, ...others] = [await mute(''), await mute(''), await mute('')]
    const seen = sockets.accepted.slice(-3)
    const fourth = await mute('')
    expect(seen.map(({ destroyed }) => destroyed)).toEqual([true, false, false])
    for (const socket of [first, ...others, fourth]) socket?.destroy()
  })
})
