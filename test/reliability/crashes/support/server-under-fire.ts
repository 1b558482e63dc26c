import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'

import { Wire } from '../../model/support/wire.ts'

const script = path.join(import.meta.dirname, 'server-process.mjs')
export const built: string = path.join(
  import.meta.dirname,
  '../../../../packages/server/dist/index.js',
)
const keys = { accessKey: 'crashes', secretKey: 'crashes-secret' } as const

/** A server in a process of its own, on a directory that outlives it. */
export class ServerUnderFire {
  readonly #child: ChildProcess
  readonly #port: number
  readonly #wires: Wire[] = []

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
  }

  static async start(directory: string, durability: string): Promise<ServerUnderFire> {
    const child = forked(directory, durability)
    const port = await messageOf(child, (message) => typeof message === 'number')
    return new ServerUnderFire(child, Number(port))
  }

  /** Kills the server while it opens the store. */
  static async killInStart(directory: string, durability: string, afterMs: number): Promise<void> {
    const child = forked(directory, durability)
    await messageOf(child, (message) => message === 'opening')
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    await killed(child)
  }

  connect(): Wire {
    const wire = new Wire({ ...keys, port: this.#port }, () => new Date())
    this.#wires.push(wire)
    return wire
  }

  /** Ends the process without a warning, by its id. */
  kill(): Promise<void> {
    return killed(this.#child)
  }

  /** Lets the connections go; requests under way fail. */
  close(): void {
    for (const wire of this.#wires) wire.close()
  }
}

function forked(directory: string, durability: string): ChildProcess {
  const options = { ...keys, directory, durability }
  return fork(script, [JSON.stringify({ built, options })], { execArgv: [] })
}

function messageOf(child: ChildProcess, isWanted: (message: unknown) => boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the server did not start'))
    child.once('exit', ended)
    child.on('message', function listener(message) {
      if (!isWanted(message)) return
      child.off('message', listener)
      child.off('exit', ended)
      resolve(message)
    })
  })
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
