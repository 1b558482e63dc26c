import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** The server's ends of the connections that are accepted while it watches. */
export class ServerSockets {
  readonly accepted: Socket[] = []
  readonly #onSocket = (message: unknown): void => {
    this.accepted.push((message as { socket: Socket }).socket)
  }

  constructor() {
    subscribe('net.server.socket', this.#onSocket)
  }

  /** How many are open. */
  get openCount(): number {
    return this.accepted.filter((socket) => !socket.destroyed).length
  }

  /** Resolves when all of them are closed. */
  async allClosed(): Promise<void> {
    const open = this.accepted.filter((socket) => !socket.closed)
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  }

  stop(): void {
    unsubscribe('net.server.socket', this.#onSocket)
  }
}
