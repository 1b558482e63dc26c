import { fork, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import type { ServerOptions } from '@stowage/server'

// It runs what `npm run build` made: Node runs no TypeScript by itself.
const program = join(import.meta.dirname, '../../../../bench/load-process.mjs')

/** See `bench/load-process.mjs`. */
export interface ServerState {
  readonly rssBytes: number
  readonly peakRssBytes: number
  readonly heldBytes: number
  readonly longestStallMs: number
}

interface Latencies {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly slowestMs: number
}

/** See `bench/lib/load.mjs`. */
export interface LoadResult {
  readonly requests: number
  readonly errors: number
  readonly requestsPerSecond: number
  readonly put: Latencies
  readonly get: Latencies
  readonly first: Latencies
}

export interface Load {
  readonly connections: number
  readonly seconds: number
  readonly bodyBytes: number
  readonly bucket: string
}

interface Address {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
}

/** A server in a process of its own, so that what is measured is the server alone. */
export class ServerProcess {
  readonly address: Address
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, address: Address) {
    this.#child = child
    this.address = address
  }

  static async start(options: ServerOptions): Promise<ServerProcess> {
    const role = JSON.stringify({ role: 'server', options })
    const child = fork(program, [role], { execArgv: ['--expose-gc'] })
    return new ServerProcess(child, await nextMessage<Address>(child))
  }

  get port(): number {
    return Number(new URL(this.address.endpoint).port)
  }

  /** What is needed now, and what has been seen since the last time. */
  state(): Promise<ServerState> {
    this.#child.send('state')
    return nextMessage<ServerState>(this.#child)
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}

/** Sends requests from another process until the time is over. */
export async function sendLoad({ address }: ServerProcess, load: Load): Promise<LoadResult> {
  const role = JSON.stringify({ role: 'load', address, load })
  const child = fork(program, [role], { execArgv: [] })
  const result = await nextMessage<LoadResult>(child)
  child.disconnect()
  return result
}

function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: Message): void => {
      child.off('exit', onExit)
      resolve(message)
    }
    const onExit = (code: number | null): void => {
      child.off('message', onMessage)
      reject(new Error(`the process ended with ${code}; is the workspace built?`))
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
  })
}

/** How many connections this process may have: Node has raised the limit as far as it goes. */
export function connectionLimit(): number {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })
  const limit = stdout.trim() === 'unlimited' ? Infinity : Number(stdout)
  return limit - 500
}
