import type { Socket } from 'node:net'
import { buildConnector, Client, type Dispatcher } from 'undici'

/** How long a connection proves that nothing follows an answer after which nothing may. */
const probationMs = 250
/** How long a connection rests after an answer without a body, once the store has proved that. */
const bodilessMs = 1
/** Kinds of answers that are remembered, of all origins. */
const maxProved = 10_000

/** What a connection has to know of an answer. */
export interface AnswerKind {
  /** What has no body by rule, an answer to HEAD, 204 or 304, is of a kind; undefined otherwise. */
  readonly bodilessKind: string | undefined
  /** Told when the answer is complete. */
  connection: { answered(): void } | undefined
}

/** A request with its answer, whose kind is known when it is complete. */
export interface RestingOptions extends Dispatcher.DispatchOptions {
  readonly answer?: AnswerKind | undefined
}

/** An answer that is complete. */
interface Answered {
  /** The kind, and the origin that it came from. */
  readonly kind: string
  readonly isBodiless: boolean
}

/** What follows an answer on its connection: its next use, a rest, a long one, or its end. */
type Sequel = 'use' | 'rest' | 'prove' | 'close'

/**
 * What the connections of a client know of the stores that they lead to. Bytes that arrive while a
 * connection rests close it; bytes that arrive later would be taken for the answer to the next
 * request. So a connection rests long after the first answer that has no body by rule. Until that
 * has proved that nothing follows answers of the kind, other connections are closed after them.
 */
export class Rest {
  readonly #proved = new Set<string>()
  readonly #onProbation = new Set<string>()
  /** Whether bytes that belong to no request have come, after whatever answer. */
  #isWarned = false

  after(answer: Answered): Sequel {
    const { kind } = answer
    if (this.isUsable(answer)) return 'use'
    if (this.#proved.has(kind)) return 'rest'
    if (this.#onProbation.has(kind)) return 'close'
    this.#onProbation.add(kind)
    return 'prove'
  }

  /** Whether a connection may be used again at once. */
  isUsable({ kind, isBodiless }: Answered): boolean {
    return !isBodiless && (!this.#isWarned || this.#proved.has(kind))
  }

  /** A probation is over. */
  settle(kind: string, isProved: boolean): void {
    this.#onProbation.delete(kind)
    if (!isProved) return
    if (this.#proved.size >= maxProved) this.#proved.clear()
    this.#proved.add(kind)
  }

  /** Bytes came that belong to no request. */
  warn(): void {
    this.#isWarned = true
    this.#proved.clear()
  }
}

/** A request that came before its connection was free. */
interface Held {
  readonly options: RestingOptions
  readonly handler: Dispatcher.DispatchHandler
}

/**
 * A connection that rests after an answer before it is used again, or is closed, where that is
 * needed. undici closes a connection on which bytes arrive while no request is under way, and reads
 * what has arrived before it writes a request. Where no rest is needed, the next request may come as
 * soon as an answer is complete, so that requests that follow each other share a connection.
 */
export class RestingClient extends Client {
  readonly #rest: Rest
  readonly #origin: URL
  #socket: Socket | undefined
  /** The answer that is awaited. */
  #answer: AnswerKind | undefined
  /** The one that is complete: until the next request, bytes on the connection belong to none. */
  #answered: Answered | undefined
  /** Whether a request may come although undici has not freed the connection yet. */
  #isOffered = false
  #held: Held | undefined
  /** Ends the rest. */
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  /** What this connection is on probation for. */
  #probation: string | undefined

  constructor(origin: URL, options: Client.Options, rest: Rest) {
    const { connect } = options
    const connector = typeof connect === 'function' ? connect : buildConnector({ ...connect })
    super(origin, {
      ...options,
      connect: (target, callback) =>
        connector(target, (...result) => {
          this.#socket = result[1] ?? undefined
          callback(...result)
        }),
    })
    this.#rest = rest
    this.#origin = origin
  }

  override dispatch(options: RestingOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#isOffered) {
      this.#held = { options, handler }
      return false
    }
    this.#answer = options.answer
    this.#answered = undefined
    if (options.answer) options.answer.connection = this
    return super.dispatch(options, handler)
  }

  /** A request that was taken is sent before the connection is closed. */
  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    if (this.#held) this.#free([this.#origin, [this]])
    return callback ? super.close(callback) : super.close()
  }

  answered(): void {
    const kind = this.#answer?.bodilessKind
    this.#answer = undefined
    const isBodiless = kind !== undefined
    this.#answered = { kind: `${kind ?? ''} ${this.#origin.origin}`, isBodiless }
    if (this.destroyed || !this.#rest.isUsable(this.#answered)) return
    this.#isOffered = true
    this.#tell('drain', [this.#origin, [this]])
  }

  /** A pool takes `drain` for the sign that the connection is free. */
  override emit(event: string, ...details: readonly unknown[]): boolean {
    if (event === 'drain') return this.#settle(details)
    if (event === 'disconnect') this.#disconnected(details)
    return this.#tell(event, details)
  }

  #settle(details: readonly unknown[]): boolean {
    const answered = this.#socket?.destroyed === false ? this.#answered : undefined
    const sequel = answered ? this.#rest.after(answered) : 'use'
    if (sequel === 'use') return this.#free(details)
    if (sequel === 'close') {
      this.#answered = undefined // What comes now is thrown away.
      this.#socket?.destroy()
      return this.#free(details)
    }
    const isProbation = sequel === 'prove'
    if (isProbation) this.#probation = answered?.kind
    const end = (): void => {
      this.#timer = undefined
      this.#endProbation(true)
      this.#free(details)
    }
    // Bytes that have arrived are read before an immediate runs, also where the process was busy.
    const turn = (): void => {
      this.#timer = setImmediate(end)
    }
    this.#timer = setTimeout(turn, isProbation ? probationMs : bodilessMs)
    if (isProbation && this.#held === undefined) this.#timer.unref()
    return true
  }

  #endProbation(isProved: boolean): void {
    if (this.#probation !== undefined) this.#rest.settle(this.#probation, isProved)
    this.#probation = undefined
  }

  /** Lets the next request have the connection, or a new one in its stead. */
  #free(details: readonly unknown[]): boolean {
    const held = this.#held
    this.#held = undefined
    this.#isOffered = false
    const isBusy = held !== undefined && !this.dispatch(held.options, held.handler)
    return isBusy || this.#tell('drain', details)
  }

  /** Nothing can arrive any more: the next request gets a new connection. */
  #disconnected([origin, targets, error]: readonly unknown[]): void {
    if (this.#answered && isSurplus(error) && this.#socket?.readableEnded !== true) {
      this.#rest.warn()
    }
    this.#socket = undefined
    this.#answered = undefined
    this.#endProbation(false)
    const isResting = this.#timer !== undefined
    if (this.#timer && 'refresh' in this.#timer) clearTimeout(this.#timer)
    else clearImmediate(this.#timer)
    this.#timer = undefined
    // Before the pool hears of it, which may be closed then, and takes no requests.
    if (isResting || this.#held) this.#free([origin, targets])
  }

  #tell(event: string, details: readonly unknown[]): boolean {
    // The types know each event by its own signature.
    return super.emit(event as 'drain', ...(details as [URL]))
  }
}

/** Whether undici closed a connection because of bytes that belong to no request. */
function isSurplus(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'HTTPParserError' || Reflect.get(error, 'code') === 'UND_ERR_SOCKET'
}
