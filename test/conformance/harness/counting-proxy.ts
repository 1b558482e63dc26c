import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** A way to a server on which connections can be counted. */
export class CountingProxy implements AsyncDisposable {
  readonly sockets: Set<Socket> = new Set()
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(endpoint: string): Promise<CountingProxy> {
    const port = Number(endpoint.split(':').at(-1))
    const server = createServer()
    const proxy = new CountingProxy(server)
    server.on('connection', (socket) => {
      const onward = connect(port, '127.0.0.1')
      proxy.sockets.add(socket)
      socket.on('close', () => proxy.sockets.delete(socket))
      socket.on('error', () => onward.destroy())
      onward.on('error', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo // A TCP server has no other address.
    return `http://127.0.0.1:${port}`
  }

  /** The milliseconds until so many connections are open. */
  async untilOpen(count: number): Promise<number> {
    const start = performance.now()
    while (this.sockets.size !== count) await setTimeout(1)
    return performance.now() - start
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
