import type { Dispatcher } from 'undici'
import { InvalidArgumentError } from '../errors.ts'
import { Exchange } from './exchange.ts'
import type { BodyStream, WireStreamReply } from './transport.ts'

/** Bytes that may wait for a reader before the socket is paused. */
const highWaterBytes = 256 * 1024

interface Waiter {
  readonly resolve: (chunk: Uint8Array | undefined) => void
  readonly reject: (reason: unknown) => void
}

/** Hands an answer out as it arrives, and pauses the socket when nobody reads. */
export class StreamedExchange extends Exchange<WireStreamReply> implements BodyStream {
  readonly #queue: Buffer[] = []
  #queuedBytes = 0
  #paused = false
  #waiter: Waiter | undefined
  #state: 'open' | 'ended' | 'failed' | 'cancelled' = 'open'
  #failure: unknown

  protected started(): void {
    this.succeed({ status: this.status, headers: this.headers, body: this })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#waiter) {
      const { resolve } = this.#waiter
      this.#waiter = undefined
      resolve(chunk)
      return
    }
    this.#queue.push(chunk)
    this.#queuedBytes += chunk.length
    if (this.#queuedBytes > highWaterBytes && !this.#paused) {
      this.#paused = true
      controller.pause()
    }
  }

  protected ended(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#waiter?.resolve(undefined)
    this.#waiter = undefined
  }

  protected override fail(reason: unknown): void {
    super.fail(reason)
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#failure = reason
    this.#waiter?.reject(reason)
    this.#waiter = undefined
  }

  read(): Promise<Uint8Array | undefined> {
    const chunk = this.#queue.shift()
    if (chunk) {
      this.#queuedBytes -= chunk.length
      if (this.#paused && this.#queuedBytes === 0) this.#resume()
      return Promise.resolve(chunk)
    }
    if (this.#state === 'failed') return Promise.reject(this.#failure)
    if (this.#state !== 'open') return Promise.resolve(undefined)
    if (this.#waiter) {
      return Promise.reject(new InvalidArgumentError('reader', 'is being read by another call'))
    }
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
  }

  async readAll(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    for (let chunk = await this.read(); chunk; chunk = await this.read()) chunks.push(chunk)
    return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
  }

  cancel(): void {
    if (this.#state !== 'open') return
    this.#state = 'cancelled'
    this.#queue.length = 0
    this.detach()
    this.controller?.abort(new Error('The body was cancelled.'))
    this.#waiter?.resolve(undefined)
    this.#waiter = undefined
  }

  #resume(): void {
    this.#paused = false
    this.controller?.resume()
  }
}
