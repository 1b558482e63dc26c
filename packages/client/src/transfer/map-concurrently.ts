import { setMaxListeners } from 'node:events'
import { LinkedSignal } from '../abort.ts'

/** What {@link mapConcurrently} works through. */
export type AnyIterable<T> = Iterable<T> | AsyncIterable<T>

/**
 * Runs `run` for each item, at most `limit` at once, and yields the results in the order of the
 * items. Items are pulled only when there is room for them.
 *
 * What the source throws comes behind the results of the items that it gave before. When one run
 * fails, the signal fires, or the consumer leaves, the runs under way are aborted and waited for, so
 * that nothing goes on behind the caller's back.
 *
 * @param signal ends everything at once
 */
export async function* mapConcurrently<T, R>(
  items: AnyIterable<T>,
  limit: number,
  signal: AbortSignal | undefined,
  run: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const work = new ConcurrentWork(items, signal, run)
  try {
    for (;;) {
      if (work.running < limit) work.pull()
      if (!work.isPending) break
      const result = await work.step()
      if (result) yield result.value
    }
    if (work.failure) throw work.failure.error
  } finally {
    await work.stop()
  }
}

/** Something that was settled, or that goes on. */
type Step<R> = { readonly value: R } | void

class ConcurrentWork<T, R> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>
  readonly #run: (item: T, signal: AbortSignal) => Promise<R>
  readonly #abort = new AbortController()
  readonly #link: LinkedSignal
  readonly #signal: AbortSignal
  readonly #aborted: Promise<never>
  readonly #queue: Promise<R>[] = []
  #pulling: Promise<void> | undefined
  #open = true
  /** What the source threw. */
  failure: { readonly error: unknown } | undefined

  constructor(
    items: AnyIterable<T>,
    signal: AbortSignal | undefined,
    run: (item: T, signal: AbortSignal) => Promise<R>,
  ) {
    this.#iterator =
      Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
    this.#run = run
    this.#link = new LinkedSignal(signal, this.#abort.signal)
    this.#signal = this.#link.signal
    // Each run listens, also more than once; Node takes more than ten for a leak.
    setMaxListeners(0, this.#signal)
    this.#aborted = new Promise((_, reject) => {
      const stop = (): void => reject(this.#signal.reason)
      if (this.#signal.aborted) stop()
      else this.#signal.addEventListener('abort', stop, { once: true })
    })
    quiet(this.#aborted)
  }

  get running(): number {
    return this.#queue.length
  }

  get isPending(): boolean {
    return this.#queue.length > 0 || this.#pulling !== undefined
  }

  /** Asks the source for an item, unless that is going on or it has no more. */
  pull(): void {
    if (!this.#open || this.#pulling) return
    // Behind the assignment, even where the source throws at once.
    this.#pulling = this.#pull().finally(() => {
      this.#pulling = undefined
    })
  }

  async #pull(): Promise<void> {
    try {
      const next = await this.#iterator.next()
      if (next.done === true) this.#open = false
      else if (!this.#signal.aborted) this.#start(next.value)
    } catch (error) {
      this.#open = false
      this.failure = { error }
    }
  }

  #start(item: T): void {
    const result = this.#run(item, this.#signal)
    quiet(result)
    this.#queue.push(result)
  }

  /** Waits for the oldest result or the next item, whichever comes first. */
  async step(): Promise<Step<R>> {
    const [oldest] = this.#queue
    const waiting: Promise<Step<R>>[] = [this.#aborted]
    if (oldest) waiting.push(oldest.then((value) => ({ value })))
    if (this.#pulling) waiting.push(this.#pulling)
    const step = await Promise.race(waiting)
    if (step) void this.#queue.shift()
    return step
  }

  /** A source that never answers must not keep the caller: it is told, but not waited for. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('the results were left'))
    if (this.#open) {
      const told = Promise.resolve(this.#iterator.return?.())
      if (this.#pulling) quiet(told)
      else await told
    }
    await Promise.allSettled(this.#queue)
    this.#link.release()
  }
}

/** Whoever takes the result gets the rejection; nobody may be there any more. */
function quiet(promise: Promise<unknown>): void {
  promise.catch(() => {})
}
