import { offAbort, onAbort } from '../abort.ts'

/**
 * Runs the parts of one transfer, so many at a time. The first failure stops it: nothing new
 * is begun, what is under way is aborted and waited for, and that failure is the one thrown.
 */
export class PartRunner {
  readonly #limit: number
  readonly #stop = new AbortController()
  readonly #outer: AbortSignal | undefined
  readonly #running = new Set<Promise<void>>()
  #failed = false
  #failure: unknown

  constructor(limit: number, signal: AbortSignal | undefined) {
    this.#limit = limit
    this.#outer = signal
    if (signal?.aborted === true) this.#fail(signal.reason)
    else onAbort(signal, this.#onAbort)
  }

  /** Ends everything that belongs to the transfer. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  readonly #onAbort = (): void => this.#fail(this.#outer?.reason)

  #fail(failure: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#failure = failure
    this.#stop.abort(failure)
  }

  #throwIfFailed(): void {
    if (this.#failed) throw this.#failure
  }

  /** Begins something that cannot be aborted and waits for it, but no longer than for a failure. */
  async waitFor<T>(start: () => Promise<T>): Promise<T> {
    this.#throwIfFailed()
    const promise = start()
    const { signal } = this
    let stop = (): void => {}
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = (): void => reject(this.#failure)
      onAbort(signal, stop)
    })
    try {
      return await Promise.race([promise, stopped])
    } finally {
      offAbort(signal, stop)
      promise.catch(() => {})
    }
  }

  /** Begins a task as soon as there is room; rejects when the transfer has failed. */
  async run(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running)
    this.#throwIfFailed()
    const running = task()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Waits for all tasks. */
  async finish(): Promise<void> {
    await Promise.all(this.#running)
    this.#throwIfFailed()
  }

  /** Stops all tasks and waits until none can do anything any more. */
  async halt(failure: unknown): Promise<void> {
    this.#fail(failure)
    await Promise.all(this.#running)
  }

  /** The caller's signal outlives the transfer; the listener must not. */
  detach(): void {
    offAbort(this.#outer, this.#onAbort)
  }
}
