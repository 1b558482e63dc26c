import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { MessageReader, type Stretch } from './http-messages.ts'
import { Outlet } from './outlet.ts'

/** A request that passes the proxy, with its number in the case, from 0. */
export interface Passage {
  readonly index: number
  /** Of the request, as latin1. */
  readonly head: string
  readonly method: string
  /** What names the request across attempts: its method, path and the names of its parameters. */
  readonly label: string
}

/** What a fault does with one request and its answer. All that is left out passes unchanged. */
export interface Disturbance {
  /** Instead of forwarding bytes of the request. */
  up?(stretch: Stretch, ways: Ways): void
  /** The request goes nowhere, so that no answer of the store belongs to it. */
  readonly isAnswered?: true
  /** Instead of handing on bytes of the answer. */
  down?(stretch: Stretch, ways: Ways): void
}

/** Both ways out of the proxy. */
export interface Ways {
  readonly toStore: Outlet
  readonly toClient: Outlet
  /** Notes that the fault has happened. */
  reached(): void
}

/** Says what disturbs a request; undefined lets it pass. */
export type Plan = (passage: Passage) => Disturbance | undefined

/** What was measured of a request that passed undisturbed. */
export interface Measured {
  readonly method: string
  up: number
  upHead: number
  down: number
  downHead: number
}

const bodiless = /^HTTP\/1\.1 (?:1\d\d|204|304)/

/** Between one client and the store, on bytes: it can cut, stall, damage and lie anywhere. */
export class FaultProxy {
  readonly #server: Server
  readonly #storePort: number
  readonly #sockets = new Set<Socket>()
  #port = 0
  #plan: Plan = () => undefined
  readonly passages: Passage[] = []
  readonly measured: Measured[] = []
  /** How often the fault of the plan has happened. */
  reached = 0
  /** Grows whenever something happens at the sockets. */
  moved = 0

  private constructor(storePort: number) {
    this.#storePort = storePort
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  static async start(storePort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(storePort)
    await proxy.listen()
    return proxy
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  /** Begins another case. */
  arm(plan: Plan): void {
    this.#plan = plan
    this.passages.length = 0
    this.measured.length = 0
    this.reached = 0
  }

  /** Listens at a free port, also after `refuse`: the next client is told the new one. */
  async listen(): Promise<void> {
    if (this.#server.listening) return
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port // It listens on TCP.
  }

  /** Refuses connections from now on, and ends those that stand. */
  async refuse(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  /** Ends all connections, as an idle timeout does. */
  hangUp(how: 'close' | 'reset'): void {
    for (const socket of this.#sockets) {
      if (how === 'close') socket.end()
      else socket.resetAndDestroy()
    }
  }

  #accept(socket: Socket): void {
    this.moved++
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.moved++
      this.#sockets.delete(socket)
    })
    void new Connection(this, socket, this.#storePort)
  }

  /** @internal for the connections */
  begin(head: string): Traffic {
    const [method = '', target = ''] = head.split(' ', 2)
    const [path = '', query = ''] = target.split('?', 2)
    const names = query.split('&').map((pair) => pair.split('=')[0])
    const label = `${method} ${path}?${names.join('&')}`
    const passage = { index: this.passages.length, head, method, label }
    this.passages.push(passage)
    const measured = { method, up: 0, upHead: 0, down: 0, downHead: 0 }
    this.measured.push(measured)
    return { measured, disturbance: this.#plan(passage) }
  }
}

/** One request on its way. */
interface Traffic {
  readonly disturbance: Disturbance | undefined
  readonly measured: Measured
}

/** One connection of the client, and the one to the store that belongs to it. */
class Connection {
  readonly #proxy: FaultProxy
  readonly #store: Socket
  readonly #ways: Ways
  readonly #waiting: Traffic[] = []
  #current: Traffic | undefined

  constructor(proxy: FaultProxy, client: Socket, storePort: number) {
    this.#proxy = proxy
    this.#store = connect({ port: storePort, host: '127.0.0.1', noDelay: true })
    this.#ways = {
      toClient: new Outlet(client),
      toStore: new Outlet(this.#store),
      reached: () => proxy.reached++,
    }
    const requests = new MessageReader(() => true)
    const answers = new MessageReader(
      (head) => !bodiless.test(head) && this.#waiting[0]?.measured.method !== 'HEAD',
    )
    // Whoever ends a connection is part of the case.
    client
      .on('error', () => {})
      .on('data', (bytes: Buffer) => {
        for (const stretch of requests.take(bytes)) this.#up(stretch)
      })
    this.#store
      .on('error', () => {})
      .on('data', (bytes: Buffer) => {
        for (const stretch of answers.take(bytes)) this.#down(stretch)
      })
    // A reset leaves no socket that waits for late packets, of which there would be thousands.
    client.once('end', () => client.resetAndDestroy())
    client.once('close', () => this.#store.resetAndDestroy())
    this.#store.once('close', () => this.#ways.toClient.close())
  }

  #up(stretch: Stretch): void {
    if (stretch.isHead) {
      this.#current = this.#proxy.begin(stretch.head)
      this.#current.measured.upHead = stretch.bytes.length
      const { disturbance } = this.#current
      if (disturbance?.isAnswered !== true) this.#waiting.push(this.#current)
    }
    const { disturbance, measured } = this.#current ?? {}
    this.#proxy.moved++
    if (measured) measured.up += stretch.bytes.length
    if (disturbance?.up) disturbance.up(stretch, this.#ways)
    else this.#ways.toStore.send(stretch.bytes)
  }

  #down(stretch: Stretch): void {
    const { disturbance, measured } = this.#waiting[0] ?? {}
    // What the store sends into a stalled connection reaches nobody.
    if (!this.#ways.toClient.isStalled) this.#proxy.moved++
    if (measured) {
      measured.down += stretch.bytes.length
      if (stretch.isHead) measured.downHead += stretch.bytes.length
    }
    if (disturbance?.down) disturbance.down(stretch, this.#ways)
    else this.#ways.toClient.send(stretch.bytes)
    // After `100 Continue` the answer is still to come.
    if (!stretch.isLast || stretch.head.startsWith('HTTP/1.1 1')) return
    this.#waiting.shift()
  }
}
