import type { Dispatcher } from 'undici'
import { Exchange } from './exchange.ts'
import type { WireReply, WireRequest } from './transport.ts'

const noBytes = new Uint8Array(0)

/** Collects an answer of bounded size. */
export class BufferedExchange extends Exchange<WireReply> {
  readonly #maxBodyBytes: number
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(request: WireRequest, maxBodyBytes: number) {
    super(request)
    this.#maxBodyBytes = maxBodyBytes
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes <= this.#maxBodyBytes) {
      this.#chunks.push(chunk)
      return
    }
    const failure = this.protocolFailure(`The answer is larger than ${this.#maxBodyBytes} bytes.`)
    controller.abort(failure)
    this.fail(failure)
  }

  protected started(): void {}

  protected ended(): void {
    const [first = noBytes] = this.#chunks
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks, this.#bytes) : first
    this.succeed({ status: this.status, headers: this.headers, body })
  }
}
