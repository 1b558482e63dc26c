import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FGetObjectOptions } from '../../src/transfer/fget-object.ts'
import type { FPutObjectOptions } from '../../src/transfer/fput-object.ts'
import { keys } from './assembled.ts'

// The process that is killed runs what `npm run build` made: Node runs no TypeScript by itself.
const built = join(import.meta.dirname, '../../dist/index.js')
export const isBuilt: boolean = existsSync(built)

/** What a process is told to do; states go to a file, where the kill cannot reach them. */
export type Task =
  | { readonly object: string; readonly get: string; readonly options: FGetObjectOptions }
  | {
      readonly object: string
      readonly put: string
      readonly stateFile: string
      readonly options: FPutObjectOptions
    }

const program = `
import { renameSync, writeFileSync } from 'node:fs'
import { Client } from ${JSON.stringify(pathToFileURL(built).href)}
process.once('message', async ({ endpoint, tasks }) => {
  const client = new Client({ endpoint, ...${JSON.stringify(keys)} })
  const run = ({ object, get, put, stateFile, options }) => {
    const onState = (state) => {
      writeFileSync(stateFile + '.new', JSON.stringify(state))
      renameSync(stateFile + '.new', stateFile)
    }
    if (get !== undefined) return client.fGetObject('bkt', object, get, options)
    return client.fPutObject('bkt', object, put, { ...options, onState })
  }
  await Promise.all(tasks.map(run))
  await client.close()
  process.disconnect()
})
process.send('ready')`

/** A process that has loaded the client and waits for what it has to do. */
export class TransferProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = once(child, 'exit')
  }

  static async start(folder: string): Promise<TransferProcess> {
    const script = join(folder, 'transfer.mjs')
    if (!existsSync(script)) writeFileSync(script, program)
    const child = fork(script, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const started = new TransferProcess(child)
    await Promise.race([once(child, 'message'), started.#exited])
    return started
  }

  /** Begins all tasks at the same time. */
  run(endpoint: string, tasks: readonly Task[]): void {
    this.#child.send({ endpoint, tasks })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Whether it was killed before it was through. */
  async wasKilled(): Promise<boolean> {
    await this.#exited
    return this.#child.signalCode === 'SIGKILL'
  }
}
