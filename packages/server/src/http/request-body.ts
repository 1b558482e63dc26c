import type { IncomingMessage, ServerResponse } from 'node:http'

import { emptySha256, type PayloadMode } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { Pace, type ConnectionLimits } from './pace.ts'

/** The sender went away: there is nobody to answer. */
export class SenderGoneError extends Error {
  override readonly name = 'SenderGoneError'
}

export interface RequestBodyOptions {
  /** Whether the sender waits for 100 Continue. */
  readonly awaitsContinue: boolean
  readonly limits: ConnectionLimits
  /** Hands over what the connection holds of the body. */
  readonly pull: () => void
}

/** Somebody waits for bytes, and how long that may take. */
interface Waiter {
  readonly pace: Pace
  readonly wake: (happened: boolean) => void
}

/**
 * The bytes of a request's body as they arrive, one caller at a time. Only time spent waiting for
 * the sender counts against it, so that a slow disk does not look like a slow client.
 */
export class RequestBody {
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #options: RequestBodyOptions
  #pace: Pace | undefined
  #awaitsContinue: boolean
  #receivedBytes = 0
  #takenBytes = 0
  #waiter: Waiter | undefined
  #broken: S3Failure | undefined
  #listening = false

  constructor(message: IncomingMessage, response: ServerResponse, options: RequestBodyOptions) {
    this.#message = message
    this.#response = response
    this.#options = options
    this.#awaitsContinue = options.awaitsContinue
  }

  /** Whether there is nothing left to read. */
  get ended(): boolean {
    return !this.#announced || this.#message.readableEnded
  }

  /** Bytes that the headers announce; 0 when they name no length. */
  get announcedBytes(): number {
    return Number(this.#message.headers['content-length'] ?? 0)
  }

  /** Bytes that were wanted, and not only read to forget them. */
  get takenBytes(): number {
    return this.#takenBytes
  }

  /** Whether no one waits for the answer any more. */
  get isConnectionClosed(): boolean {
    return this.#message.socket.destroyed
  }

  /** Whether the headers say that a body follows. */
  get #announced(): boolean {
    const { headers } = this.#message
    return headers['transfer-encoding'] !== undefined || this.announcedBytes > 0
  }

  /** Whether what is left may be read and forgotten: it is coming, and not too much. */
  mayDrain(maxBytes: number): boolean {
    if (this.#awaitsContinue || this.#broken !== undefined) return false
    return this.announcedBytes - this.#receivedBytes <= maxBytes
  }

  /** Ends the body with an error: what follows on the connection cannot be read. */
  break(failure: S3Failure): void {
    this.#broken = failure
    this.#waiter?.wake(true)
  }

  /** Time passes. */
  tick(ms: number): void {
    const waiter = this.#waiter
    if (waiter?.pace.isTooSlow(ms, this.#receivedBytes) === true) waiter.wake(false)
  }

  /**
   * For operations without a body: one that comes nevertheless is refused, as is a signature that
   * speaks of one.
   * @throws S3Failure
   */
  async expectEmpty(payload: PayloadMode): Promise<void> {
    if (payload.kind === 'streaming') throw new S3Failure('InvalidRequest')
    if (payload.kind === 'sha256' && payload.hex !== emptySha256) {
      throw new S3Failure('XAmzContentSHA256Mismatch')
    }
    if (this.#announced && (await this.next()) !== undefined) {
      throw new S3Failure(
        payload.kind === 'sha256' ? 'XAmzContentSHA256Mismatch' : 'UnexpectedContent',
      )
    }
  }

  /**
   * The next bytes, undefined at the end. The first call asks for the body when the sender waits
   * for that (Expect: 100-continue), so it must come after the request has been authenticated.
   * @throws S3Failure RequestTimeout when the sender is too slow
   * @throws SenderGoneError
   */
  async next(): Promise<Buffer | undefined> {
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false
      this.#response.writeContinue()
    }
    for (;;) {
      const bytes = this.#read()
      if (bytes !== null) {
        this.#takenBytes += bytes.length
        return bytes
      }
      if (this.#message.readableEnded) return undefined
      if (this.#message.destroyed) throw new SenderGoneError('the request was cut short')
      if (this.#broken !== undefined) throw this.#broken
      this.#pace ??= new Pace(this.#options.limits)
      if (!(await this.#wait(this.#pace))) throw new S3Failure('RequestTimeout')
    }
  }

  /**
   * Reads what is left and forgets it.
   * @returns whether the end was reached within `maxBytes` and `maxMs` of waiting.
   */
  async discard(maxBytes: number, maxMs: number): Promise<boolean> {
    if (this.#awaitsContinue) return false
    // No rate is enough once the time is over.
    const limits = { stallMs: maxMs, rateGraceMs: maxMs, minBytesPerSecond: Infinity }
    const pace = new Pace(limits)
    const endBytes = this.#receivedBytes + maxBytes
    while (this.#receivedBytes <= endBytes) {
      if (this.#read() !== null) continue
      if (this.#message.readableEnded) return true
      if (this.#message.destroyed || this.#broken !== undefined) return false
      if (!(await this.#wait(pace))) return false
    }
    return false
  }

  #read(): Buffer | null {
    let bytes: Buffer | null = this.#message.read()
    if (bytes === null) {
      this.#options.pull()
      bytes = this.#message.read()
    }
    this.#receivedBytes += bytes?.length ?? 0
    return bytes
  }

  /** Resolves with whether something happened before the pace was judged too slow. */
  #wait(pace: Pace): Promise<boolean> {
    this.#listen()
    return new Promise((resolve) => {
      const wake = (happened: boolean): void => {
        this.#waiter = undefined
        resolve(happened)
      }
      this.#waiter = { pace, wake }
    })
  }

  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    const wake = (): void => this.#waiter?.wake(true)
    for (const event of ['readable', 'end', 'close', 'error']) this.#message.on(event, wake)
  }
}
