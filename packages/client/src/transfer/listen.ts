import type { RetryClass } from '@stowage/protocol'
import { LinkedSignal } from '../abort.ts'
import type { Clock } from '../clock.ts'
import { NotSupportedError, S3Error } from '../errors.ts'
import {
  listenBucketNotification,
  type ListenOptions,
} from '../operations/listen-bucket-notification.ts'
import type { CallOptions } from '../options.ts'
import type { Endpoint } from '../pipeline/endpoint.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { retryClass, type RetryPolicy } from '../pipeline/retry.ts'
import type {
  NotificationEvent,
  NotificationReconnected,
  NotificationRecord,
} from '../results/notification-event.ts'
import type { NotificationStream } from '../results/notification-stream.ts'

/** What listening needs of a client. */
export interface ListenParts {
  readonly pipeline: Pipeline
  readonly endpoint: Endpoint
  readonly retry: RetryPolicy
  readonly clock: Clock
}

/** Listens anew each time it is iterated. */
export function listen(
  parts: ListenParts,
  bucket: string,
  options: ListenOptions,
): AsyncIterable<NotificationEvent> {
  return { [Symbol.asyncIterator]: () => new Listening(parts, bucket, options) }
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** How a connection was lost. */
interface Loss {
  readonly cause: unknown
  readonly kind: RetryClass
}

/** One connection after the other, as long as somebody asks for events. */
class Listening implements AsyncIterator<NotificationEvent, undefined> {
  readonly #parts: ListenParts
  readonly #bucket: string
  readonly #options: CallOptions & ListenOptions
  readonly #link: LinkedSignal
  readonly #signal: AbortSignal
  readonly #left = new AbortController()
  readonly #events: AsyncGenerator<NotificationEvent, undefined, undefined>
  /** Attempts since something was last heard of the store. */
  #setbacks = 0

  constructor(parts: ListenParts, bucket: string, options: ListenOptions) {
    this.#parts = parts
    this.#bucket = bucket
    const left = this.#left.signal
    this.#link = new LinkedSignal(options.signal, left)
    this.#signal = this.#link.signal
    // A deadline of whole calls is none for what lasts.
    this.#options = { ...options, signal: this.#signal, timeout: 0 }
    this.#events = this.#run()
  }

  next(): Promise<IteratorResult<NotificationEvent, undefined>> {
    return this.#events.next()
  }

  /** Ends a `next` under way as well, which a generator alone would wait for. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#leave()
    await this.#events.return(undefined)
    return done
  }

  #leave(): void {
    this.#left.abort(new Error('nobody listens any more'))
    this.#link.release()
  }

  async *#run(): AsyncGenerator<NotificationEvent, undefined, undefined> {
    try {
      let stream = await this.#open()
      for (;;) {
        const loss = yield* this.#drain(stream)
        const found = await this.#reopen(loss)
        stream = found.stream
        yield found.event
      }
    } catch (error) {
      if (!this.#left.signal.aborted) throw error
      return undefined
    } finally {
      this.#leave() // Closes whatever is still open.
    }
  }

  async #open(): Promise<NotificationStream> {
    const { endpoint, pipeline } = this.#parts
    const request = listenBucketNotification(this.#bucket, this.#options)
    if (endpoint.isAws) throw new NotSupportedError(request.operation, 'AWS does not have this')
    return pipeline.sendStream(request, this.#options)
  }

  /** Gives the events of a connection until it is lost. */
  async *#drain(stream: NotificationStream): AsyncGenerator<NotificationRecord, Loss, undefined> {
    for (;;) {
      let records: readonly NotificationRecord[] | undefined
      try {
        records = await stream.next()
      } catch (error) {
        return lossOf(error)
      } finally {
        if (stream.heard) this.#setbacks = 0
      }
      if (records === undefined) return { cause: undefined, kind: 'transient' }
      for (const record of records) {
        this.#signal.throwIfAborted()
        yield record
      }
    }
  }

  /** Connects again, for as long as trying may help. */
  async #reopen(first: Loss): Promise<{
    readonly stream: NotificationStream
    readonly event: NotificationReconnected
  }> {
    const { retry, clock } = this.#parts
    const lostAtMs = clock.nowMs()
    let { cause, kind } = first
    for (let attempts = 1; ; attempts++) {
      const hintMs = cause instanceof S3Error ? cause.retryAfterMs : undefined
      await clock.sleep(retry.delayMs(kind, ++this.#setbacks, hintMs), this.#signal)
      try {
        const stream = await this.#open()
        const downMs = clock.nowMs() - lostAtMs
        return { stream, event: { type: 'reconnected', attempts, downMs, cause: first.cause } }
      } catch (error) {
        ;({ cause, kind } = lossOf(error))
      }
    }
  }
}

/** @throws the error itself, when another connection would not help */
function lossOf(error: unknown): Loss {
  const kind = retryClass(error, true)
  if (kind === undefined) throw error
  return { cause: error, kind: kind === 'skew' ? 'transient' : kind }
}
