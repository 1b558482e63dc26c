import { connect } from 'node:net'

import { startServer, type StowageServer } from '@stowage/server'
import {
  readReply,
  type WireReply,
  type WireServer,
} from '../../../../packages/server/test/support/memory-server.ts'

/** The embedded server as users start it, asked over TCP. */
export class SocketServer implements WireServer {
  readonly defects: unknown[]
  readonly #server: StowageServer

  private constructor(server: StowageServer, defects: unknown[]) {
    this.#server = server
    this.defects = defects
  }

  static async start(
    { accessKey, secretKey }: { readonly accessKey: string; readonly secretKey: string },
    now: () => Date,
  ): Promise<SocketServer> {
    const defects: unknown[] = []
    const onDefect = (error: unknown): void => void defects.push(error)
    const server = await startServer({ accessKey, secretKey, now, onDefect })
    return new SocketServer(server, defects)
  }

  exchange(bytes: Uint8Array, until: 'end' | 'head' = 'end'): Promise<WireReply> {
    return new Promise((resolve) => {
      const received: Buffer[] = []
      const socket = connect({ host: '127.0.0.1', port: this.#server.port })
      socket.on('data', (chunk) => {
        received.push(chunk)
        if (until === 'head') socket.destroy()
      })
      // A connection that is reset after the answer was read has been answered.
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(readReply(Buffer.concat(received))))
      socket.write(bytes)
    })
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}
