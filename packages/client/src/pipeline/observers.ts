import type { Clock } from '../clock.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { Hooks, TraceSink } from '../hooks.ts'
import type { RequestDescription } from '../request/request.ts'
import { CallWatch } from './call-watch.ts'
import { traceTo } from './trace.ts'

const hookNames = ['onRequest', 'onResponse', 'onRetry'] as const

/** Who looks at the requests of a client: the hooks of its options, and a trace while it is on. */
export class Observers {
  readonly #hooks: Hooks | undefined
  readonly #clock: Clock
  #all: readonly Hooks[] = []
  #calls = 0

  /** @throws InvalidArgumentError naming the hook that is no function */
  constructor(hooks: Hooks, clock: Clock) {
    for (const name of hookNames) {
      if (hooks[name] !== undefined && typeof hooks[name] !== 'function') {
        throw new InvalidArgumentError(name, 'must be a function')
      }
    }
    const { onRequest, onResponse, onRetry } = hooks
    const isUsed = hookNames.some((name) => hooks[name] !== undefined)
    this.#hooks = isUsed ? { onRequest, onResponse, onRetry } : undefined
    this.#clock = clock
    this.traceOff()
  }

  /** @throws InvalidArgumentError naming the stream that cannot be written to */
  traceTo(sink: TraceSink): void {
    if (typeof sink?.write !== 'function') {
      throw new InvalidArgumentError('stream', 'must have write')
    }
    this.#observe(traceTo(sink))
  }

  traceOff(): void {
    this.#observe(undefined)
  }

  /** Looks at a new call; undefined when nobody wants to. */
  watch(request: RequestDescription): CallWatch | undefined {
    if (this.#all.length === 0) return undefined
    return new CallWatch(this.#all, this.#clock, ++this.#calls, request)
  }

  #observe(trace: Hooks | undefined): void {
    this.#all = [this.#hooks, trace].filter((each) => each !== undefined)
  }
}
