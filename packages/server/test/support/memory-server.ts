import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'

import type { Credentials } from '@stowage/protocol'
import { Handler } from '../../src/http/handler.ts'
import type { ConnectionLimits } from '../../src/http/pace.ts'
import { RequestBody } from '../../src/http/request-body.ts'
import { openMemoryStore, type Store } from '../../src/store/store.ts'
import { serverContext } from './server-context.ts'

/** An answer as it went over the wire. */
export interface WireReply {
  /** 0 when the connection ended without an answer. */
  readonly status: number
  /** Everything behind the status line, the head included. */
  readonly text: string
  /** Code in the error document, empty without one. */
  readonly code: string
}

export function readReply(bytes: Buffer): WireReply {
  const all = bytes.toString('latin1')
  const start = all.startsWith('HTTP/1.1 100') ? all.indexOf('\r\n\r\n') + 4 : 0
  const text = all.slice(start)
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    text,
    code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? '',
  }
}

/** Whatever answers one request on a connection of its own. */
export interface WireServer {
  /**
   * @param bytes a request that asks for the end of its connection
   * @param until how much of the answer is waited for: that to a listener has no end
   */
  exchange(bytes: Uint8Array, until?: 'end' | 'head'): Promise<WireReply>
}

/** The server's side of a connection within this process. */
class MemoryConnection extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  readonly #sent: Buffer[] = []
  readonly #until: 'end' | 'head'
  readonly #answered: (reply: WireReply) => void

  constructor(until: 'end' | 'head', answered: (reply: WireReply) => void) {
    super()
    this.#until = until
    this.#answered = answered
    this.on('error', () => undefined)
  }

  override _read(): void {
    // What is there was pushed at once.
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.#sent.push(bytes)
    done()
    if (this.#until === 'head') this.destroy()
  }

  override _final(done: () => void): void {
    done()
    this.#answered(readReply(Buffer.concat(this.#sent)))
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error)
    this.#answered(readReply(Buffer.concat(this.#sent)))
  }
}

/** Names of headers that Node's own code reads from a request. */
const namesOfNode: ReadonlySet<string> = new Set(['connection', 'expect', 'upgrade'])

/** No one is slow in here. */
const noLimits: ConnectionLimits = {
  headMs: Infinity,
  idleMs: Infinity,
  stallMs: Infinity,
  minBytesPerSecond: 0,
  rateGraceMs: Infinity,
  lingerMs: Infinity,
}

/**
 * The whole server but its sockets: Node's HTTP parser and the handler, on streams in this process.
 */
export class MemoryServer implements WireServer {
  /** Names of headers that were read past `IncomingRequest.header`. */
  readonly readDirectly: Set<string> = new Set<string>()
  readonly defects: unknown[] = []
  readonly #store: Store
  readonly #http: Server

  private constructor(store: Store, credentials: Credentials, now: () => Date) {
    this.#store = store
    const handler = new Handler({
      context: { ...serverContext(store, credentials), now },
      cors: [],
      domain: 'localhost',
      newRequestId: () => 'REQUEST',
      onDefect: (error) => this.defects.push(error),
    })
    this.#http = createServer({
      maxHeaderSize: 32 * 1024,
      requireHostHeader: false,
      IncomingMessage: watchedMessage(this.readDirectly),
    })
    const take = (message: IncomingMessage, response: ServerResponse, awaits: boolean): void => {
      const options = { awaitsContinue: awaits, limits: noLimits, pull: () => {} }
      void handler.handle(message, response, new RequestBody(message, response, options))
    }
    this.#http.on('request', (message, response) => take(message, response, false))
    this.#http.on('checkContinue', (message, response) => take(message, response, true))
  }

  static async start(credentials: Credentials, now: () => Date): Promise<MemoryServer> {
    return new MemoryServer(await openMemoryStore(), credentials, now)
  }

  exchange(bytes: Uint8Array, until: 'end' | 'head' = 'end'): Promise<WireReply> {
    return new Promise((resolve) => {
      const connection = new MemoryConnection(until, resolve)
      this.#http.emit('connection', connection)
      connection.push(bytes)
    })
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

/** A request that notes which of its headers are read from it. */
function watchedMessage(names: Set<string>): typeof IncomingMessage {
  class WatchedMessage extends IncomingMessage {}
  const inherited = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, 'headers')
  Object.defineProperty(WatchedMessage.prototype, 'headers', {
    ...inherited,
    get(this: IncomingMessage): object {
      const headers: IncomingMessage['headers'] = inherited?.get?.call(this)
      return new Proxy(headers, {
        get: (target, name: string) => {
          if (!namesOfNode.has(name)) names.add(name)
          return target[name]
        },
      })
    },
  })
  return WatchedMessage
}
