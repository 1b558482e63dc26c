import { Session } from 'node:inspector'

/**
 * Counts the steps that code takes, instead of the time: how often each block of our sources runs
 * (by the counters that V8 keeps for coverage), and how many characters, bytes and items the
 * built-in functions go through that search, copy or cut. Regular expressions count by what they
 * match; one that fails at a fixed place counts as one step.
 *
 * Make one before the sources are imported: V8 counts blocks of what it compiles afterwards.
 */
export class StepCounter implements Disposable {
  readonly #session = new Session()
  readonly #restore: (() => void)[] = []
  #native = 0
  #isCounting = false

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    for (const { target, methods } of builtIns) {
      for (const [name, costOf] of Object.entries(methods)) this.#watch(target, name, costOf)
    }
  }

  /** The steps that `run` takes; what it throws is forgotten. */
  async count(run: () => unknown): Promise<number> {
    this.#blocks()
    this.#native = 0
    this.#isCounting = true
    try {
      await run()
    } catch {
      // A refusal takes steps like a success.
    } finally {
      this.#isCounting = false
    }
    return this.#native + this.#blocks()
  }

  #watch(target: object, name: string, costOf: Cost): void {
    const original: unknown = Reflect.get(target, name)
    if (typeof original !== 'function') throw new TypeError(`there is no ${name}`)
    const count = (cost: number): void => {
      if (this.#isCounting) this.#native += cost
    }
    const watched = function (this: unknown, ...given: unknown[]): unknown {
      const from = this instanceof RegExp ? this.lastIndex : 0
      const result: unknown = Reflect.apply(original, this, given)
      count(1 + costOf({ subject: this, given, result, from }))
      return result
    }
    Object.defineProperty(target, name, { value: watched, writable: true, configurable: true })
    this.#restore.push(() => {
      Object.defineProperty(target, name, { value: original, writable: true, configurable: true })
    })
  }

  /** How often the blocks of our sources ran since this was asked last. */
  #blocks(): number {
    let total = 0
    this.#session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      if (error !== null) throw error
      for (const { url, functions } of coverage.result) {
        if (!/\/packages\/[a-z]+\/src\//.test(url)) continue
        for (const { ranges } of functions) for (const { count } of ranges) total += count
      }
    })
    return total
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore) restore()
    this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }
}

interface Call {
  readonly subject: unknown
  readonly given: readonly unknown[]
  readonly result: unknown
  /** Of an expression: where it began. */
  readonly from: number
}

type Cost = (call: Call) => number

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null || !('length' in value)) return 0
  return typeof value.length === 'number' ? value.length : 0
}

const all: Cost = ({ subject }) => lengthOf(subject)
const argument: Cost = ({ given }) => lengthOf(given[0])
const outcome: Cost = ({ result }) => lengthOf(result)

/** From where the search began to what it found, or to the end. */
const searched: Cost = ({ subject, given, result }) => {
  const from = typeof given[1] === 'number' ? given[1] : 0
  const to = typeof result === 'number' && result >= 0 ? result : lengthOf(subject)
  return Math.max(0, to - from)
}

const searchedBack: Cost = ({ subject, given, result }) => {
  const from = Math.min(typeof given[1] === 'number' ? given[1] : Infinity, lengthOf(subject))
  return Math.max(0, from - (typeof result === 'number' ? result : 0))
}

const matched: Cost = ({ subject, given, result, from }) => {
  if (!(subject instanceof RegExp)) return 0
  const isFound = result !== null && result !== false
  if (subject.sticky) return isFound ? Math.max(0, subject.lastIndex - from) : 1
  const start = subject.global ? from : 0
  const hit = Array.isArray(result) ? Number(Reflect.get(result, 'index')) + lengthOf(result[0]) : 0
  return (isFound && hit > 0 ? hit : lengthOf(given[0])) - start
}

interface Watched {
  readonly target: object
  readonly methods: Readonly<Record<string, Cost>>
}

const builtIns: readonly Watched[] = [
  {
    target: String.prototype,
    methods: {
      ...{ indexOf: searched, includes: all, lastIndexOf: searchedBack },
      ...{ startsWith: argument, endsWith: argument, localeCompare: argument },
      ...{ split: all, trim: all, trimStart: all, trimEnd: all },
      ...{ replaceAll: all, replace: all, match: all, normalize: all },
      ...{
        toLowerCase: all,
        toUpperCase: all,
        padEnd: outcome,
        padStart: outcome,
        repeat: outcome,
      },
    },
  },
  { target: RegExp.prototype, methods: { exec: matched, test: matched } },
  {
    target: Array.prototype,
    methods: {
      ...{ concat: outcome, slice: outcome, splice: all, fill: all, reverse: all, flat: outcome },
      ...{ indexOf: all, includes: all, join: all, shift: all, unshift: all, sort: all },
    },
  },
  // Spreading an array asks its iterator for each item.
  { target: Object.getPrototypeOf([][Symbol.iterator]()), methods: { next: () => 1 } },
  { target: Array, methods: { from: outcome } },
  {
    target: Object,
    methods: { keys: outcome, values: outcome, entries: outcome, fromEntries: argument },
  },
  {
    target: Buffer.prototype,
    methods: {
      ...{ indexOf: searched, lastIndexOf: searchedBack, includes: all, equals: all },
      ...{ toString: outcome, copy: ({ result }) => Number(result), write: argument },
    },
  },
  { target: Buffer, methods: { concat: outcome, byteLength: argument, from: outcome } },
  {
    target: Object.getPrototypeOf(Uint8Array.prototype),
    methods: {
      ...{ set: argument, slice: outcome, fill: all, copyWithin: all },
    },
  },
  { target: JSON, methods: { parse: argument, stringify: outcome } },
]
