type Listener = () => void

/**
 * All who listen to one signal, by one listener of the signal's own. Node warns of a leak at the
 * eleventh listener, and callers give one signal to any number of calls.
 */
class Listeners {
  readonly #signal: AbortSignal
  readonly #all = new Set<Listener>()
  #onQuiet: Listener | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(listener: Listener): void {
    if (this.#all.size === 0) this.#signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#all.add(listener)
  }

  remove(listener: Listener): void {
    if (!this.#all.delete(listener) || this.#all.size > 0) return
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#onQuiet?.()
  }

  /** Calls back as soon as there are no listeners. */
  whenQuiet(listener: Listener): void {
    if (this.#all.size === 0) listener()
    else this.#onQuiet = listener
  }

  readonly #onAbort = (): void => {
    for (const listener of this.#all) listener()
  }
}

const listenersOf = new WeakMap<AbortSignal, Listeners>()

function listeners(signal: AbortSignal): Listeners {
  let found = listenersOf.get(signal)
  if (!found) listenersOf.set(signal, (found = new Listeners(signal)))
  return found
}

/** Calls back when a signal fires; not when it has fired already. */
export function onAbort(signal: AbortSignal | undefined, listener: Listener): void {
  if (signal) listeners(signal).add(listener)
}

/** Undoes `onAbort`. Signals outlive calls, so each listener must be removed. */
export function offAbort(signal: AbortSignal | undefined, listener: Listener): void {
  if (signal) listenersOf.get(signal)?.remove(listener)
}

/**
 * A signal that fires with any of several others. Unlike that of `AbortSignal.any`, it leaves
 * nothing behind at the others once it is released.
 */
export class LinkedSignal {
  readonly #controller = new AbortController()
  readonly #parents: readonly AbortSignal[]

  constructor(...parents: readonly (AbortSignal | undefined)[]) {
    this.#parents = parents.filter((parent) => parent !== undefined)
    const fired = this.#parents.find(({ aborted }) => aborted)
    if (fired) this.#controller.abort(fired.reason)
    else for (const parent of this.#parents) onAbort(parent, this.#follow)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Fires by itself. */
  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Removes the listeners from the parents as soon as this signal has none. */
  release(): void {
    listeners(this.signal).whenQuiet(this.#unlink)
  }

  readonly #follow = (): void => {
    this.#controller.abort(this.#parents.find(({ aborted }) => aborted)?.reason)
  }

  readonly #unlink = (): void => {
    for (const parent of this.#parents) offAbort(parent, this.#follow)
  }
}
