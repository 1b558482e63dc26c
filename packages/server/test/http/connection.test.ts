import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { Connection } from '../../src/http/connection.ts'
import { Handler } from '../../src/http/handler.ts'
import { Places } from '../../src/http/places.ts'
import { Turns } from '../../src/http/turns.ts'
import { openMemoryStore } from '../../src/store/store.ts'
import { connectionLimits, credentials } from '../support/http-server.ts'
import { serverContext } from '../support/server-context.ts'

describe('Connection', () => {
  const listening = createServer()
  let client: Socket
  let socket: Socket
  let connection: Connection
  let giveTurns: () => void = () => undefined

  beforeEach(async () => {
    listening.listen({ port: 0, host: '127.0.0.1' })
    await once(listening, 'listening')
    const address = listening.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const accepted = once(listening, 'connection')
    client = connect({ host: '127.0.0.1', port })
    client.on('error', () => undefined)
    const [first]: Socket[] = await accepted
    socket = first!
    const newRequestId = (): string => 'ID'
    const context = serverContext(await openMemoryStore(), credentials)
    const onDefect = (): void => undefined
    connection = new Connection(socket, {
      handler: new Handler({ context, cors: [], domain: 'localhost', newRequestId, onDefect }),
      limits: connectionLimits,
      places: new Places({ total: 10, perAddress: undefined }),
      turns: new Turns((task) => (giveTurns = task)),
      newRequestId,
      onHandling: () => undefined,
    })
    connection.open()
  })

  afterEach(() => {
    client.destroy()
    socket.destroy()
    listening.close()
  })

  it('does not hold against a client what a busy server has not looked at', async () => {
    client.write('GET /')
    await once(socket, 'readable')
    for (let tick = 0; tick < 1000; tick += 1) connection.tick(500)
    expect(socket.destroyed).toBe(false)
    giveTurns()
    for (let tick = 0; tick < 20; tick += 1) connection.tick(500)
    expect(socket.writableEnded).toBe(false)
    connection.tick(500)
    expect(socket.writableEnded).toBe(true)
  })
})
