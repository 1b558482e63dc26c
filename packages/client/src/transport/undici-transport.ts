import type { Dispatcher } from 'undici'
import { BufferedExchange } from './buffered-exchange.ts'
import type { Exchange } from './exchange.ts'
import { dispatcherMaker, type DispatcherParts } from './make-dispatcher.ts'
import { StreamedExchange } from './streamed-exchange.ts'
import type { Transport, WireReply, WireRequest, WireStreamReply } from './transport.ts'

/** A dispatcher of the client's own has a second one for what is answered without a body. */
interface Dispatchers {
  readonly usual: Dispatcher
  readonly bodiless: Dispatcher
  /** Whether they are the client's own. */
  readonly owned: boolean
}

/**
 * Sends requests through undici's dispatcher, beneath its URL handling and its streams.
 *
 * HEAD and DELETE have connections of their own. Some stores and proxies send a body after an
 * answer that has none by rule; it may arrive at any time, and must not be taken for an object.
 */
export class UndiciTransport implements Transport {
  readonly #dispatchers: Dispatchers

  /** Uses any dispatcher of undici, which stays its owner's to close. */
  static over(dispatcher: Dispatcher): UndiciTransport {
    return new UndiciTransport({ usual: dispatcher, bodiless: dispatcher, owned: false })
  }

  static own(parts: DispatcherParts): UndiciTransport {
    const make = dispatcherMaker(parts)
    return new UndiciTransport({ usual: make(), bodiless: make(), owned: true })
  }

  private constructor(dispatchers: Dispatchers) {
    this.#dispatchers = dispatchers
  }

  exchange(request: WireRequest, maxBodyBytes: number): Promise<WireReply> {
    const exchange = new BufferedExchange(request, maxBodyBytes)
    this.#dispatch(request, exchange)
    return exchange.reply
  }

  stream(request: WireRequest): Promise<WireStreamReply> {
    const exchange = new StreamedExchange(request)
    this.#dispatch(request, exchange)
    return exchange.reply
  }

  #dispatch<Reply>(request: WireRequest, exchange: Exchange<Reply>): void {
    const { body, method } = request
    const { usual, bodiless, owned } = this.#dispatchers
    const isInMemory = body === null || typeof body === 'string' || body instanceof Uint8Array
    const options = {
      origin: request.origin,
      path: request.target,
      method,
      headers: request.headers,
      // The types of undici leave async iterables out; its client sends them.
      body: (isInMemory ? body : watched(body, exchange)) as Uint8Array | null,
      // After HEAD a dispatcher of others closes the connection, as undici does. Ours rests instead.
      reset: !owned && method === 'HEAD',
      // Null leaves the limits to the dispatcher.
      headersTimeout: request.silenceMs ?? null,
      bodyTimeout: request.silenceMs ?? null,
      answer: exchange,
    }
    const dispatcher = method === 'HEAD' || method === 'DELETE' ? bodiless : usual
    dispatcher.dispatch(options, exchange)
  }

  async close(): Promise<void> {
    const { usual, bodiless, owned } = this.#dispatchers
    if (owned) await Promise.all([usual.destroy(), bodiless.destroy()])
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
