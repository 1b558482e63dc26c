import type { Dispatcher } from 'undici'
import { offAbort, onAbort } from '../abort.ts'
import { TransportError } from '../errors.ts'
import { transportFailure } from './transport-failure.ts'
import type { AnswerKind } from './resting-client.ts'
import type { Method, WireHeaders, WireRequest } from './transport.ts'

/** Answers with a status below 200 that may come before the real one. */
const maxInformational = 100

/**
 * What both kinds of exchange share: the life of one request in undici's callbacks, its
 * abort signal, and the promise that settles once.
 */
export abstract class Exchange<Reply> implements Dispatcher.DispatchHandler, AnswerKind {
  readonly reply: Promise<Reply>
  connection: AnswerKind['connection']
  protected status = 0
  protected headers: WireHeaders = {}
  protected controller: Dispatcher.DispatchController | undefined
  readonly #signal: AbortSignal | undefined
  readonly #method: Method
  #resolve: (reply: Reply) => void = () => {}
  #reject: (reason: unknown) => void = () => {}
  #requestSent = false
  #informational = 0

  constructor({ method, signal }: WireRequest) {
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#method = method
    this.#signal = signal
    onAbort(signal, this.#onAbort)
  }

  get bodilessKind(): string | undefined {
    const isBodiless = this.#method === 'HEAD' || this.status === 204 || this.status === 304
    return isBodiless ? `${this.#method} ${this.status}` : undefined
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#signal?.reason
    this.controller?.abort(reason instanceof Error ? reason : new Error('aborted'))
    this.fail(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    this.#requestSent = true
    if (this.#signal?.aborted === true) this.#onAbort()
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: WireHeaders,
  ): void {
    if (status < 200) {
      // Each of them starts undici's time limit anew.
      if (++this.#informational > maxInformational) {
        const failure = this.protocolFailure('There are only informational answers.')
        controller.abort(failure)
        this.fail(failure)
      }
      return
    }
    this.status = status
    this.headers = headers
    this.started()
  }

  onResponseEnd(): void {
    this.connection?.answered()
    this.detach()
    this.ended()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(
      this.#signal?.aborted === true
        ? this.#signal.reason
        : transportFailure(error, {
            requestSent: this.#requestSent,
            responseStarted: this.status !== 0,
          }),
    )
  }

  /** What the body of the request fails with is nothing that another attempt could mend. */
  bodyFailed(error: unknown): void {
    this.fail(error)
  }

  protected protocolFailure(message: string): TransportError {
    return new TransportError('protocol', message, { requestSent: true, responseStarted: true })
  }

  /** The listener must not outlive the request: signals are shared by many. */
  protected detach(): void {
    offAbort(this.#signal, this.#onAbort)
  }

  protected succeed(reply: Reply): void {
    this.#resolve(reply)
  }

  protected fail(reason: unknown): void {
    this.detach()
    this.#reject(reason)
  }

  abstract onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void
  /** The head of the answer has come. */
  protected abstract started(): void
  /** The answer is complete. */
  protected abstract ended(): void
}
