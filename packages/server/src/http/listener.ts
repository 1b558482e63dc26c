import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

import type { Timers } from '../options.ts'
import { Connection, type ConnectionServices } from './connection.ts'
import type { Handler } from './handler.ts'
import type { ConnectionLimits } from './pace.ts'
import { Places, type PlaceLimits } from './places.ts'
import { Turns } from './turns.ts'

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  readonly places: PlaceLimits
  readonly limits: ConnectionLimits
  readonly timers: Timers
  readonly newRequestId: () => string
}

/** How exactly limits of time are kept, in milliseconds: one timer looks at all connections. */
const tickMs = 500

/** Connections that the system may accept before the server does; Linux takes at most 4096. */
const backlog = 4096

/** The listening socket, its connections and the requests under way. */
export class Listener {
  readonly #server: Server
  readonly #options: ListenerOptions
  readonly #services: ConnectionServices
  readonly #connections = new Map<Socket, Connection>()
  readonly #active = new Set<Promise<void>>()
  #stopTicking: () => void = () => undefined

  constructor(handler: Handler, options: ListenerOptions) {
    const { limits, newRequestId } = options
    this.#options = options
    this.#services = {
      handler,
      limits,
      newRequestId,
      places: new Places(options.places),
      turns: new Turns(),
      onHandling: (handled) => this.#track(handled),
    }
    this.#server = createServer({
      // Connections have limits of their own.
      requestTimeout: 0,
      headersTimeout: 0,
      maxHeaderSize: 32 * 1024,
      // Told to clients.
      keepAliveTimeout: limits.idleMs,
      // A missing Host would be refused without an S3 error document.
      requireHostHeader: false,
      noDelay: true,
    })
    this.#attach()
  }

  #attach(): void {
    const take = (message: IncomingMessage, response: ServerResponse): void =>
      this.#take(message, response, false)
    this.#server.on('connection', (socket) => this.#open(socket))
    this.#server.on('request', take)
    // HTTP lets a server ignore an expectation that it does not know.
    this.#server.on('checkExpectation', take)
    this.#server.on('checkContinue', (message, response) => this.#take(message, response, true))
    // Node would close the connection without an answer.
    this.#server.on('connect', (message: IncomingMessage) => {
      this.#connections.get(message.socket)?.refuseTunnel()
    })
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      const connection = this.#connections.get(socket)
      if (connection === undefined) socket.destroy()
      else connection.break(error)
    })
  }

  #open(socket: Socket): void {
    const { turns } = this.#services
    const connection = new Connection(socket, this.#services)
    turns.connectionAccepted()
    if (!connection.open()) {
      socket.destroy()
      return
    }
    this.#connections.set(socket, connection)
    socket.once('close', () => {
      this.#connections.delete(socket)
      connection.closed()
    })
  }

  #take(message: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const connection = this.#connections.get(message.socket)
    if (connection === undefined) message.socket.destroy()
    else connection.take(message, response, awaitsContinue)
  }

  #track(handled: Promise<void>): void {
    this.#active.add(handled)
    void handled.finally(() => this.#active.delete(handled))
  }

  /** @returns the port */
  async listen(): Promise<number> {
    const { host, port, timers } = this.#options
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, backlog }, () => {
        this.#server.off('error', reject)
        resolve(portOf(this.#server.address()))
      })
    })
    this.#stopTicking = timers.every(tickMs, () => {
      for (const connection of this.#connections.values()) connection.tick(tickMs)
    })
    return bound
  }

  /** Stops listening, ends every connection and waits for the requests under way. */
  async close(): Promise<void> {
    this.#stopTicking()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#connections.keys()) socket.destroy()
    await Promise.allSettled(this.#active)
    await closed
  }
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}
