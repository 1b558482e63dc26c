import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

import type { ErrorCode } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { failureReply } from './failure-reply.ts'
import type { Handler } from './handler.ts'

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  readonly maxConnections: number
  readonly newRequestId: () => string
}

/** The listening socket, its connections and the requests under way. */
export class Listener {
  readonly #server: Server
  readonly #handler: Handler
  readonly #options: ListenerOptions
  readonly #active = new Set<Promise<void>>()

  constructor(handler: Handler, options: ListenerOptions) {
    this.#handler = handler
    this.#options = options
    this.#server = createServer({
      // Large uploads take long; bodies have idle and rate limits of their own.
      requestTimeout: 0,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2000,
      maxHeaderSize: 32 * 1024,
      keepAliveTimeout: 60_000,
      // A missing Host would be refused without an S3 error document.
      requireHostHeader: false,
      noDelay: true,
    })
    this.#server.maxConnections = options.maxConnections
    this.#attach()
  }

  #attach(): void {
    this.#server.on('request', (message, response) => {
      this.#track(this.#handler.handle(message, response, false))
    })
    this.#server.on('checkContinue', (message, response) => {
      this.#track(this.#handler.handle(message, response, true))
    })
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      answerBrokenRequest(error, socket, this.#options.newRequestId())
    })
  }

  #track(handled: Promise<void>): void {
    this.#active.add(handled)
    void handled.finally(() => this.#active.delete(handled))
  }

  /** @returns the port */
  listen(): Promise<number> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, backlog: 1024 }, () => {
        this.#server.off('error', reject)
        resolve(portOf(this.#server.address()))
      })
    })
  }

  /** Stops listening, ends every connection and waits for the requests under way. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await Promise.allSettled(this.#active)
    await closed
  }
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** What the HTTP parser refuses, by its error code; all else is a BadRequest. */
const parserRefusals: ReadonlyMap<string, ErrorCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'RequestHeaderSectionTooLarge'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'RequestTimeout'],
])

/** Answers what is no HTTP request, in S3's words, and ends the connection. */
function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  requestId: string,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const failure = new S3Failure(parserRefusals.get(error.code ?? '') ?? 'BadRequest')
  const { status, body } = failureReply(failure, { requestId })
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/xml',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-amz-request-id: ${requestId}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
