import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { startServer, type ServerOptions, type StowageServer } from '@stowage/server'

import { Wire } from './wire.ts'

export type StoreKind = 'memory' | 'disk'

const keys = { accessKey: 'reliability', secretKey: 'reliability-secret' } as const

/** When each sequence begins. */
export const startMs: number = Date.UTC(2030, 0, 1, 12)

/** A server with a clock that stands still until it is set forward, and one connection to it. */
export class World {
  readonly #options: ServerOptions
  readonly #directory: string | undefined
  readonly defects: unknown[] = []
  nowMs = startMs
  #server: StowageServer | undefined
  #wire: Wire | undefined

  private constructor(kind: StoreKind) {
    this.#directory =
      kind === 'disk' ? mkdtempSync(path.join(tmpdir(), 'stowage-model-')) : undefined
    this.#options = {
      ...keys,
      ...(this.#directory === undefined ? {} : { directory: this.#directory, durability: 'flush' }),
      now: () => new Date(this.nowMs),
      onDefect: (error) => this.defects.push(error),
    }
  }

  static async open(kind: StoreKind): Promise<World> {
    const world = new World(kind)
    await world.#start()
    return world
  }

  get server(): StowageServer {
    if (this.#server === undefined) throw new Error('the server is not running')
    return this.#server
  }

  get wire(): Wire {
    if (this.#wire === undefined) throw new Error('the server is not running')
    return this.#wire
  }

  /** One more connection; the caller closes it. */
  connect(): Wire {
    return new Wire({ ...keys, port: this.server.port }, () => new Date(this.nowMs))
  }

  async #start(): Promise<void> {
    this.#server = await startServer(this.#options)
    this.#wire = this.connect()
  }

  /** Ends the server and starts it again on the same directory. */
  async restart(): Promise<void> {
    this.#wire?.close()
    await this.#server?.close()
    await this.#start()
  }

  async close(): Promise<void> {
    this.#wire?.close()
    await this.#server?.close()
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true })
  }
}
