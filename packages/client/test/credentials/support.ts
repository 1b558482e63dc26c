import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { exchange } from '../../src/credentials/provider-http.ts'
import type { ProviderParts } from '../../src/credentials/provider-parts.ts'

/** A clock that stands still until somebody sleeps or turns it. */
export class VirtualClock implements Clock {
  now: number = Date.UTC(2026, 0, 2, 3, 4, 5)
  readonly sleeps: number[] = []

  nowMs(): number {
    return this.now
  }

  sleep(ms: number): Promise<void> {
    this.sleeps.push(ms)
    this.now += ms
    return Promise.resolve()
  }

  /** A moment this many seconds from now. */
  in(seconds: number): Date {
    return new Date(this.now + seconds * 1000)
  }
}

/** The surroundings of a provider: the network is real, the clock is not, homes are not there. */
export function partsFor(clock: Clock, more: Partial<ProviderParts> = {}): ProviderParts {
  return {
    clock,
    send: (request) => exchange(request, clock),
    addressesOf: () => Promise.reject(new Error('no names in this test')),
    homeDirectory: () => '/nonexistent-home',
    warn: () => {},
    ...more,
  }
}

export interface SeenRequest {
  readonly method: string
  readonly target: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Never answer. */
  readonly hang?: boolean
  /** Cut the connection instead. */
  readonly cut?: boolean
}

export interface ScriptedService extends AsyncDisposable {
  readonly endpoint: string
  readonly port: number
  readonly requests: readonly SeenRequest[]
}

export type Answering = (request: SeenRequest, index: number) => ScriptedAnswer

/** A service on the loopback address that answers by a function; it sends no Date by itself. */
export async function scriptedService(
  answer: Answering,
  server: Server = createServer(),
): Promise<ScriptedService> {
  const requests: SeenRequest[] = []
  server.on('request', (incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url: target = '', headers } = incoming
      const request = { method, target, headers, body: Buffer.concat(chunks).toString() }
      requests.push(request)
      const {
        status = 200,
        headers: own = {},
        body = '',
        hang,
        cut,
      } = answer(request, requests.length - 1)
      if (hang === true) return
      if (cut === true) {
        incoming.socket.destroy()
        return
      }
      outgoing.sendDate = false
      outgoing.writeHead(status, own)
      outgoing.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens at a port.
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string
  /** Writes a file, for its owner alone, and gives its path. */
  write(name: string, content: string | Uint8Array, mode?: number): Promise<string>
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'stowage-credentials-'))
  return {
    path: folder,
    write: async (name, content, mode = 0o600) => {
      const file = path.join(folder, name)
      await writeFile(file, content, { mode })
      return file
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** What a promise rejects with; fails when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('the promise was fulfilled')
}

/** Fails when a value shows one of the secrets, wherever one can look. */
export function expectNoSecrets(value: unknown, ...secrets: readonly string[]): void {
  const shown: string[] = [
    inspect(value, { depth: 9, showHidden: true, getters: true }),
    JSON.stringify(value) ?? '',
  ]
  for (let error = value; error instanceof Error; error = error.cause) {
    shown.push(String(error), error.stack ?? '')
  }
  const text = shown.join('\n')
  for (const secret of secrets) {
    const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]
    for (const form of forms) expect(text.includes(form)).toBe(false)
  }
}
