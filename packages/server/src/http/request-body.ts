import type { IncomingMessage, ServerResponse } from 'node:http'

import { emptySha256, type PayloadMode } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'

export interface BodyLimits {
  /** A body may pause this long, in milliseconds. */
  readonly idleMs: number
  /** Below this rate a body is given up ... */
  readonly minBytesPerSecond: number
  /** ... once it has been waited for this long, in milliseconds. */
  readonly rateGraceMs: number
}

export const defaultBodyLimits: BodyLimits = {
  idleMs: 30_000,
  minBytesPerSecond: 1024,
  rateGraceMs: 10_000,
}

/** The sender went away: there is nobody to answer. */
export class SenderGoneError extends Error {
  override readonly name = 'SenderGoneError'
}

/**
 * The bytes of a request's body as they arrive, one caller at a time. Only time spent waiting for
 * the sender counts against it, so that a slow disk does not look like a slow client.
 */
export class RequestBody {
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #limits: BodyLimits
  #awaitsContinue: boolean
  #receivedBytes = 0
  #waitedMs = 0
  #wake: (() => void) | undefined
  #listening = false

  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    awaitsContinue: boolean,
    limits: BodyLimits,
  ) {
    this.#message = message
    this.#response = response
    this.#awaitsContinue = awaitsContinue
    this.#limits = limits
  }

  /** Whether there is nothing left to read. */
  get ended(): boolean {
    return !this.#announced || this.#message.readableEnded
  }

  /** Whether no one waits for the answer any more. */
  get isConnectionClosed(): boolean {
    return this.#message.socket.destroyed
  }

  /** Whether the headers say that a body follows. */
  get #announced(): boolean {
    const { headers } = this.#message
    return headers['transfer-encoding'] !== undefined || this.#announcedBytes > 0
  }

  get #announcedBytes(): number {
    return Number(this.#message.headers['content-length'] ?? 0)
  }

  /** Whether what is left may be read and forgotten: it is coming, and not too much. */
  mayDrain(maxBytes: number): boolean {
    return !this.#awaitsContinue && this.#announcedBytes - this.#receivedBytes <= maxBytes
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
      const bytes: Buffer | null = this.#message.read()
      if (bytes !== null) {
        this.#receivedBytes += bytes.length
        return bytes
      }
      if (this.#message.readableEnded) return undefined
      if (this.#message.destroyed) throw new SenderGoneError('the request was cut short')
      await this.#readable()
    }
  }

  /**
   * Reads what is left and forgets it.
   * @returns whether the end was reached within `maxBytes` and `maxMs`.
   */
  async discard(maxBytes: number, maxMs: number): Promise<boolean> {
    if (this.#awaitsContinue) return false
    const deadline = performance.now() + maxMs
    let leftBytes = maxBytes
    while (leftBytes >= 0 && performance.now() < deadline) {
      const bytes: Buffer | null = this.#message.read()
      if (bytes !== null) leftBytes -= bytes.length
      else if (this.#message.readableEnded) return true
      else if (this.#message.destroyed) return false
      else await this.#wait(deadline - performance.now())
    }
    return false
  }

  async #readable(): Promise<void> {
    const began = performance.now()
    const woken = await this.#wait(this.#limits.idleMs)
    this.#waitedMs += performance.now() - began
    const { minBytesPerSecond, rateGraceMs } = this.#limits
    const tooSlow =
      this.#waitedMs > rateGraceMs &&
      this.#receivedBytes < (minBytesPerSecond * this.#waitedMs) / 1000
    if (!woken || tooSlow) throw new S3Failure('RequestTimeout')
  }

  /** Resolves with whether something happened within the time. */
  #wait(ms: number): Promise<boolean> {
    this.#listen()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = undefined
        resolve(false)
      }, ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve(true)
      }
    })
  }

  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    const wake = (): void => this.#wake?.()
    for (const event of ['readable', 'end', 'close', 'error']) this.#message.on(event, wake)
  }
}
