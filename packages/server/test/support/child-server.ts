import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { ServerOptions } from '@stowage/server'
import { RawClient } from './raw-client.ts'

// The process runs what `npm run build` made: Node runs no TypeScript by itself.
const built = join(import.meta.dirname, '../../dist/index.js')

/** Whether servers in processes of their own can be started. */
export const canStartChildren = existsSync(built)

const keys = { accessKey: 'childtest', secretKey: 'childtest-secret', region: 'us-east-1' }

export interface ChildServer {
  readonly child: ChildProcess
  readonly client: RawClient
  /** Closes the server. */
  stop(): Promise<void>
  /** Ends the process with SIGKILL. */
  kill(): Promise<void>
}

/**
 * Starts a server in a process of its own.
 * @param maxFileKibibytes no file of the process may become larger (RLIMIT_FSIZE)
 */
export async function startChildServer(
  options: ServerOptions & { readonly directory: string },
  maxFileKibibytes?: number,
): Promise<ChildServer> {
  const script = join(options.directory, '..', `server-${process.pid}-${Date.now()}.mjs`)
  writeFileSync(
    script,
    `import { startServer } from ${JSON.stringify(pathToFileURL(built).href)}
     const server = await startServer(${JSON.stringify({ ...options, ...keys })})
     process.stdin.on('end', () => server.close()).resume()
     process.stdout.write(server.port + '\\n')`,
  )
  const limit = maxFileKibibytes === undefined ? '' : `ulimit -S -f ${maxFileKibibytes}; `
  const child = spawn('bash', ['-c', `${limit}exec "$0" "$1"`, process.execPath, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const port = await Promise.race([
    once(child.stdout, 'data').then(([line]) => Number(line)),
    exited.then(() => Promise.reject(new Error('the server did not start'))),
  ])
  rmSync(script)
  const client = new RawClient({ port, ...keys })
  const end = async (signal: () => void): Promise<void> => {
    client.close()
    signal()
    await exited
  }
  return {
    child,
    client,
    stop: () => end(() => child.stdin.end()),
    kill: () => end(() => child.kill('SIGKILL')),
  }
}
