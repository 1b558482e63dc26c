import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

import type { Timers, WebhookOptions } from '../options.ts'

export interface WebhookContext {
  readonly timers: Timers
  /** Told of the webhook whose event was given up. */
  readonly onDropped: (id: string) => void
}

const maxQueueBytes = 16 * 1024 * 1024
const maxAttempts = 20
const firstPauseMs = 250
const maxPauseMs = 30_000
const timeoutMs = 10_000

/**
 * Sends events to one address, one after the other and in order. What cannot be delivered is tried
 * again, at growing intervals, and given up in the end; what no longer fits the queue is given up
 * at once. Nothing of it is kept over a restart.
 */
export class Webhook {
  readonly #id: string
  readonly #options: WebhookOptions
  readonly #context: WebhookContext
  readonly #agent: HttpAgent
  readonly #queue: Buffer[] = []
  readonly #stop = new AbortController()
  #queuedBytes = 0
  #running: Promise<void> | undefined

  constructor(id: string, options: WebhookOptions, context: WebhookContext) {
    this.#id = id
    this.#options = options
    this.#context = context
    const agentOptions = { keepAlive: true, maxSockets: 1 }
    this.#agent = isSecure(options) ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)
  }

  /** Puts a JSON document into the queue. */
  send(document: object): void {
    if (this.#stop.signal.aborted) return
    const body = Buffer.from(JSON.stringify(document))
    if (this.#queuedBytes + body.length > maxQueueBytes) {
      this.#context.onDropped(this.#id)
      return
    }
    this.#queue.push(body)
    this.#queuedBytes += body.length
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    for (let body = this.#queue[0]; body !== undefined; body = this.#queue[0]) {
      const delivered = await this.#deliver(body)
      if (this.#stop.signal.aborted) return
      if (!delivered) this.#context.onDropped(this.#id)
      this.#queue.shift()
      this.#queuedBytes -= body.length
    }
    // At once: an event that comes next must start a new run.
    this.#running = undefined
  }

  /** @returns whether the other end took it */
  async #deliver(body: Buffer): Promise<boolean> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      if (attempt > 0) await this.#pause(Math.min(maxPauseMs, firstPauseMs * 2 ** (attempt - 1)))
      if (this.#stop.signal.aborted) return false
      const status = await this.#post(body).catch(() => 0)
      if (status >= 200 && status < 300) return true
    }
    return false
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stop
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel()
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const cancel = this.#context.timers.after(ms, finish)
      signal.addEventListener('abort', finish)
    })
  }

  #post(body: Buffer): Promise<number> {
    const { url, authToken } = this.#options
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'content-length': String(body.length),
    }
    if (authToken !== undefined) headers['authorization'] = authorization(authToken)
    const send = isSecure(this.#options) ? httpsRequest : httpRequest
    const { signal } = this.#stop
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, agent: this.#agent, signal, timeout: timeoutMs }
      const request = send(url, options, (response: IncomingMessage) => {
        response.on('error', () => undefined)
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      request.on('timeout', () => request.destroy(new Error('the webhook does not answer')))
      request.on('error', reject)
      request.end(body)
    })
  }

  /** Gives up what is left. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
    this.#agent.destroy()
  }
}

function isSecure({ url }: WebhookOptions): boolean {
  return url.toLowerCase().startsWith('https:')
}

function authorization(token: string): string {
  return token.trim().includes(' ') ? token : `Bearer ${token}`
}
