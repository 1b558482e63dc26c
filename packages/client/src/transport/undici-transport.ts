import type { Dispatcher } from 'undici'
import { BufferedExchange } from './buffered-exchange.ts'
import type { Exchange } from './exchange.ts'
import { StreamedExchange } from './streamed-exchange.ts'
import type { Transport, WireReply, WireRequest, WireStreamReply } from './transport.ts'

/** Sends requests through undici's dispatcher, beneath its URL handling and its streams. */
export class UndiciTransport implements Transport {
  readonly #dispatcher: Dispatcher
  readonly #owned: boolean

  /**
   * @param dispatcher any undici dispatcher
   * @param owned whether `close` closes it, too
   */
  constructor(dispatcher: Dispatcher, owned: boolean) {
    this.#dispatcher = dispatcher
    this.#owned = owned
  }

  exchange(request: WireRequest, maxBodyBytes: number): Promise<WireReply> {
    const exchange = new BufferedExchange(request.signal, maxBodyBytes)
    this.#dispatch(request, exchange)
    return exchange.reply
  }

  stream(request: WireRequest): Promise<WireStreamReply> {
    const exchange = new StreamedExchange(request.signal)
    this.#dispatch(request, exchange)
    return exchange.reply
  }

  #dispatch<Reply>(request: WireRequest, exchange: Exchange<Reply>): void {
    const { body } = request
    const isInMemory = body === null || typeof body === 'string' || body instanceof Uint8Array
    this.#dispatcher.dispatch(
      {
        origin: request.origin,
        path: request.target,
        method: request.method,
        headers: request.headers,
        // The types of undici leave async iterables out; its client sends them.
        body: (isInMemory ? body : watched(body, exchange)) as Uint8Array | null,
        // undici closes the connection after each HEAD unless told not to.
        reset: false,
        // Null leaves the limits to the dispatcher.
        headersTimeout: request.silenceMs ?? null,
        bodyTimeout: request.silenceMs ?? null,
      },
      exchange,
    )
  }

  async close(): Promise<void> {
    if (this.#owned) await this.#dispatcher.destroy()
  }
}

/** Tells what a body fails with before undici takes it for a failure of the connection. */
async function* watched<Reply>(
  body: AsyncIterable<Uint8Array>,
  exchange: Exchange<Reply>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body
  } catch (error) {
    exchange.bodyFailed(error)
    throw error
  }
}
