import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * One step of an answer: bytes to send (text as latin1), a pause, the end of the connection in
 * one of two manners, or waiting for something.
 */
export type Step =
  | string
  | Uint8Array
  | { readonly pauseMs: number }
  | { readonly until: () => Promise<unknown> }
  | typeof end
  | typeof reset

/** Closes the connection in an orderly way. */
export const end: { readonly close: 'end' } = { close: 'end' }
/** Cuts the connection with a TCP reset. */
export const reset: { readonly close: 'reset' } = { close: 'reset' }

/** An answer: its steps, and how much of the request it waits for. Default: the whole of it. */
export interface ScriptedReply {
  readonly after?: 'connect' | 'first-byte' | 'head' | 'body' | undefined
  readonly steps: readonly Step[]
}

/** A request as its bytes came in; `body` grows while it arrives. */
export interface RecordedRequest {
  /** Number of the connection, from 0. */
  readonly connection: number
  readonly method: string
  /** The request target, untouched. */
  readonly target: string
  /** The header lines as they came, in latin1. */
  readonly headerLines: readonly string[]
  /** Names in lower case, in wire order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Body bytes so far; of a chunked body with its framing. */
  readonly body: Buffer
  /** Whether the whole body has come. */
  readonly complete: boolean
  header(name: string): string | undefined
}

/**
 * Gives the answer to each request: a function, or a list in the order of the requests whose
 * last entry answers all further ones.
 */
export type Script =
  | readonly (ScriptedReply | readonly Step[])[]
  | ((request: RecordedRequest, index: number) => ScriptedReply | readonly Step[])

const headEnd = Buffer.from('\r\n\r\n')
const chunkedEnd = Buffer.from('0\r\n\r\n')

class Recording implements RecordedRequest {
  readonly connection: number
  readonly method: string
  readonly target: string
  readonly headerLines: readonly string[]
  readonly headers: readonly (readonly [string, string])[]
  readonly #chunks: Buffer[] = []
  readonly #lengthBytes: number | 'chunked'
  #bytes = 0

  constructor(connection: number, head: string) {
    const [line = '', ...headerLines] = head.split('\r\n')
    const [method = '', target = ''] = line.split(' ')
    this.connection = connection
    this.method = method
    this.target = target
    this.headerLines = headerLines
    this.headers = headerLines.map((text) => {
      const colon = text.indexOf(':')
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()] as const
    })
    const chunked = this.header('transfer-encoding') !== undefined
    this.#lengthBytes = chunked ? 'chunked' : Number(this.header('content-length') ?? 0)
  }

  header(name: string): string | undefined {
    return this.headers.find(([candidate]) => candidate === name)?.[1]
  }

  get body(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get complete(): boolean {
    if (this.#lengthBytes !== 'chunked') return this.#bytes >= this.#lengthBytes
    return this.body.subarray(-chunkedEnd.length).equals(chunkedEnd)
  }

  /** Takes what belongs to this request and gives back the rest. */
  take(bytes: Buffer): Buffer {
    const wanted = this.#lengthBytes === 'chunked' ? Infinity : this.#lengthBytes - this.#bytes
    const mine = bytes.subarray(0, wanted)
    if (mine.length > 0) this.#chunks.push(mine)
    this.#bytes += mine.length
    return bytes.subarray(mine.length)
  }
}

/** One connection: splits what comes into requests and plays an answer to each. */
class Connection {
  readonly #socket: Socket
  readonly #number: number
  readonly #server: ScriptedServer
  #unread: Buffer = Buffer.alloc(0)
  #current: Recording | undefined
  #answering: Promise<void> = Promise.resolve()
  #answered = false

  constructor(socket: Socket, number: number, server: ScriptedServer) {
    this.#socket = socket
    this.#number = number
    this.#server = server
    socket.setNoDelay(true)
    socket.on('error', () => {}) // A client that cuts the connection is part of the game.
    socket.on('data', (bytes: Buffer) => this.#onData(bytes))
    const eager = server.eagerReply('connect')
    if (eager) this.#play(eager)
  }

  #onData(bytes: Buffer): void {
    this.#server.receivedBytes += bytes.length
    const eager = this.#answered ? undefined : this.#server.eagerReply('first-byte')
    if (eager) this.#play(eager)
    this.#unread = Buffer.concat([this.#unread, bytes])
    while (this.#unread.length > 0 && this.#takeOne());
  }

  /** Whether there may be another request in what is left. */
  #takeOne(): boolean {
    if (!this.#current) {
      const headBytes = this.#unread.indexOf(headEnd)
      if (headBytes < 0) return false
      this.#current = new Recording(this.#number, this.#unread.toString('latin1', 0, headBytes))
      this.#unread = this.#unread.subarray(headBytes + headEnd.length)
      const index = this.#server.record(this.#current)
      if (!this.#answered) this.#answer(this.#current, index)
    }
    this.#unread = this.#current.take(this.#unread)
    if (!this.#current.complete) return false
    this.#bodyDone()
    this.#current = undefined
    return true
  }

  #bodyDone: () => void = () => {}

  #answer(request: Recording, index: number): void {
    const reply = this.#server.replyTo(request, index)
    if (reply.after === 'head') {
      this.#play(reply)
      return
    }
    this.#bodyDone = () => {
      this.#bodyDone = () => {}
      this.#play(reply)
    }
  }

  #play(reply: ScriptedReply): void {
    this.#answered = reply.after === 'connect' || reply.after === 'first-byte'
    this.#answering = this.#answering.then(() => this.#steps(reply.steps))
  }

  async #steps(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (this.#socket.destroyed) return
      if (step === end) this.#socket.end()
      else if (step === reset) this.#socket.resetAndDestroy()
      else if (typeof step === 'string') await this.#write(Buffer.from(step, 'latin1'))
      else if (step instanceof Uint8Array) await this.#write(step)
      else if ('pauseMs' in step) await new Promise((done) => setTimeout(done, step.pauseMs))
      else if ('until' in step) await step.until()
    }
  }

  /** Waits until the bytes have left, so that a reset does not swallow them here. */
  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(bytes, () => resolve())
    })
  }
}

/**
 * A server that speaks bytes, not HTTP: it records exactly what a client sends, and answers
 * from a script that can cut, stall, lie and repeat itself at any byte.
 *
 * @example
 * await using server = await ScriptedServer.start([[...httpReply(200, {}, 'hello')]])
 */
export class ScriptedServer implements AsyncDisposable {
  /** All requests whose head has come, in the order of arrival. */
  readonly requests: RecordedRequest[] = []
  /** How many connections there ever were. */
  connections = 0
  receivedBytes = 0
  /** What the connection-level answers of the script have used up. */
  #eagerPlayed = 0
  readonly #script: Script
  readonly #server: Server
  readonly #sockets = new Map<Socket, number>()

  private constructor(script: Script, server: Server) {
    this.#script = script
    this.#server = server
    server.on('connection', (socket) => {
      const number = this.connections++
      this.#sockets.set(socket, number)
      socket.once('close', () => this.#sockets.delete(socket))
      // Its life is bound to the socket's events.
      void new Connection(socket, number, this)
    })
  }

  static async start(script: Script): Promise<ScriptedServer> {
    const server = createServer({ allowHalfOpen: false })
    const scripted = new ScriptedServer(script, server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return scripted
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port // It listens on TCP: no path, no null.
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Whether the connection with this number, from 0, is open. */
  isOpen(connection: number): boolean {
    return [...this.#sockets.values()].includes(connection)
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  /** The only request there was. */
  get onlyRequest(): RecordedRequest {
    const [request] = this.requests
    if (!request || this.requests.length !== 1) {
      throw new Error(`${this.requests.length} requests instead of one`)
    }
    return request
  }

  /** Closes all connections, as an idle timeout does. */
  closeConnections(): void {
    for (const socket of this.#sockets.keys()) socket.end()
  }

  /** Resolves when no connection is left; rejects when that takes longer than `withinMs`. */
  async quiet(withinMs = 1000): Promise<void> {
    const deadlineMs = Date.now() + withinMs
    while (this.#sockets.size > 0) {
      if (Date.now() > deadlineMs)
        throw new Error(`${this.#sockets.size} connections are still open`)
      await new Promise((done) => setTimeout(done, 2))
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy()
    this.#server.close()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal for the connections */
  record(request: RecordedRequest): number {
    return this.requests.push(request) - 1
  }

  /** @internal */
  replyTo(request: RecordedRequest, index: number): ScriptedReply {
    const reply =
      typeof this.#script === 'function'
        ? this.#script(request, index)
        : this.#script[Math.min(index + this.#eagerPlayed, this.#script.length - 1)]
    return asReply(reply ?? [])
  }

  /** @internal The next answer, when it does not wait for a whole head. */
  eagerReply(moment: 'connect' | 'first-byte'): ScriptedReply | undefined {
    if (typeof this.#script === 'function') return undefined
    const at = Math.min(this.#eagerPlayed + this.requests.length, this.#script.length - 1)
    const reply = asReply(this.#script[at] ?? [])
    if (reply.after !== moment) return undefined
    this.#eagerPlayed++
    return reply
  }
}

function asReply(reply: ScriptedReply | readonly Step[]): ScriptedReply {
  return 'steps' in reply ? reply : { steps: reply }
}

const reasons: Readonly<Record<number, string>> = { 200: 'OK', 204: 'No Content', 404: 'Not Found' }

/** The head of an answer: status line, headers and the empty line. */
export function httpHead(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${reasons[status] ?? 'Status'}\r\n${lines.join('')}\r\n`
}

/** The steps of a well-formed answer with a Content-Length. */
export function httpReply(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): readonly Step[] {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
  const head = httpHead(status, { 'content-length': String(bytes.length), ...headers })
  return bytes.length === 0 ? [head] : [head, bytes]
}

/** An error document of S3. */
export function errorReply(
  status: number,
  code: string,
  extra: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): readonly Step[] {
  const elements = Object.entries({ Code: code, Message: 'as scripted', ...extra })
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${elements}</Error>`
  return httpReply(status, { 'content-type': 'application/xml', ...headers }, document)
}
