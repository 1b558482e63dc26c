import { Client, type Dispatcher } from 'undici'

/** How long a connection stays unused after an answer: one more turn of the event loop. */
const usualMs = 0
/** After an answer without a body, which some stores and proxies send one after. */
const bodilessMs = 1
/** As long as it is not known whether the store sends bytes that belong to no request. */
const probationMs = 100

/** What a connection has to know of an answer. */
export interface AnswerKind {
  /** Whether it has no body by rule: an answer to HEAD, 204 and 304. */
  readonly isBodiless: boolean
}

/** A request with its answer, whose kind is known when it is complete. */
export interface RestingOptions extends Dispatcher.DispatchOptions {
  readonly answer?: AnswerKind | undefined
}

/**
 * How long the connections of a client rest. Bytes that arrive while a connection rests close it;
 * bytes that arrive later would be taken for the answer to the next request.
 */
export class Rest {
  #isTrusted = { usual: true, bodiless: false }

  msAfter(isBodiless: boolean): number {
    if (isBodiless) return this.#isTrusted.bodiless ? bodilessMs : probationMs
    return this.#isTrusted.usual ? usualMs : probationMs
  }

  /** A connection rested for so long after an answer, and nothing came. */
  passed(isBodiless: boolean, ms: number): void {
    if (ms >= probationMs) this.#isTrusted[isBodiless ? 'bodiless' : 'usual'] = true
  }

  /** A connection broke while it rested, perhaps by bytes that belong to no request. */
  broken(): void {
    this.#isTrusted = { usual: false, bodiless: false }
  }
}

/**
 * A connection that rests after each answer before its pool uses it again. undici closes a
 * connection on which bytes arrive while no request is under way.
 */
export class RestingClient extends Client {
  readonly #rest: Rest
  #isConnected = false
  /** Whether it was used and has no request now. */
  #isIdle = false
  /** What ends the rest. */
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  #answer: AnswerKind | undefined

  constructor(origin: URL, options: Client.Options, rest: Rest) {
    super(origin, options)
    this.#rest = rest
  }

  override dispatch(options: RestingOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#answer = options.answer
    this.#isIdle = false
    return super.dispatch(options, handler)
  }

  /** A pool takes `drain` for the sign that the connection is free. */
  override emit(event: string, ...details: readonly unknown[]): boolean {
    if (event === 'drain' && this.#isConnected) return this.#beginRest(details)
    if (event === 'connect') this.#isConnected = true
    if (event === 'disconnect') this.#disconnected(details)
    return this.#tell(event, details)
  }

  #beginRest(details: readonly unknown[]): boolean {
    this.#isIdle = true
    const isBodiless = this.#answer?.isBodiless === true
    const ms = this.#rest.msAfter(isBodiless)
    const end = (): void => {
      this.#timer = undefined
      this.#rest.passed(isBodiless, ms)
      if (!this.destroyed) this.#tell('drain', details)
    }
    // Bytes that have arrived are read before an immediate runs, also where the process was busy.
    const turns = (left: number): void => {
      this.#timer = setImmediate(left === 0 ? end : () => turns(left - 1))
    }
    if (ms === 0) turns(0)
    else this.#timer = setTimeout(turns, ms, 2).unref()
    return true
  }

  /** Nothing can arrive any more: the next request gets a new connection. */
  #disconnected([origin, targets, error]: readonly unknown[]): void {
    this.#isConnected = false
    // undici's own: a connection that it closes by itself.
    const isOwn = error instanceof Error && Reflect.get(error, 'code') === 'UND_ERR_INFO'
    if (this.#isIdle && !isOwn) this.#rest.broken()
    if (this.#timer === undefined) return
    if ('refresh' in this.#timer) clearTimeout(this.#timer)
    else clearImmediate(this.#timer)
    this.#timer = undefined
    setImmediate(() => {
      if (!this.destroyed) this.#tell('drain', [origin, targets])
    })
  }

  #tell(event: string, details: readonly unknown[]): boolean {
    // The types know each event by its own signature.
    return super.emit(event as 'drain', ...(details as [URL]))
  }
}
