import { once } from 'node:events'
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

/** What a proxy was asked to do: `CONNECT host:port`, or `METHOD http://host:port/path`. */
export interface Asked {
  readonly line: string
  readonly authorization: string | undefined
}

/** How it treats who asks; both are refusals when they give a status. */
export interface ProxyRules {
  readonly tunnel?: (request: IncomingMessage) => number | 'silence' | undefined
  readonly forward?: (request: IncomingMessage) => number | undefined
}

/** A proxy as they stand in companies: it forwards plain requests, and opens tunnels for TLS. */
export class HttpProxy implements AsyncDisposable {
  readonly asked: Asked[] = []
  readonly #server: Server
  readonly #rules: ProxyRules
  readonly #sockets = new Set<Socket>()

  private constructor(rules: ProxyRules) {
    this.#rules = rules
    this.#server = createServer((request, response) => this.#forward(request, response))
    this.#server.on('connection', (socket) => this.#keep(socket))
    this.#server.on('connect', (request: IncomingMessage, socket: Socket) =>
      this.#tunnel(request, socket),
    )
  }

  static async start(rules: ProxyRules = {}): Promise<HttpProxy> {
    const proxy = new HttpProxy(rules)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port // It listens at a port.
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    this.#note(request)
    const refused = this.#rules.forward?.(request)
    if (refused !== undefined) {
      response.writeHead(refused).end('no')
      return
    }
    const url = /^http:\/\/([^/:]+):?(\d*)(\/.*)$/.exec(request.url ?? '') ?? []
    const [, host, port, path] = url
    const { method, headers } = request
    const options = { host, port: Number(port), path, method, headers, agent: false }
    const onward = forward(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }

  #tunnel(request: IncomingMessage, socket: Socket): void {
    this.#note(request)
    const refused = this.#rules.tunnel?.(request)
    if (refused === 'silence') return
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused} Refused\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const [host = '', port] = (request.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    this.#keep(onward)
    onward.on('error', () => socket.destroy())
  }

  #note({ method, url, headers }: IncomingMessage): void {
    this.asked.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] })
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    if (this.#server.listening) await once(this.#server, 'close')
  }
}
