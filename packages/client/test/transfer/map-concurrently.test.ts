import { describe, expect, test } from 'vitest'
import { mapConcurrently } from '../../src/transfer/map-concurrently.ts'

/** Runs that end when the test says so. */
class Runs {
  readonly started: number[] = []
  readonly signals: AbortSignal[] = []
  readonly #ends = new Map<number, PromiseWithResolvers<string>>()

  readonly run = async (item: number, signal: AbortSignal): Promise<string> => {
    this.started.push(item)
    this.signals.push(signal)
    const end = deferred<string>()
    this.#ends.set(item, end)
    signal.addEventListener('abort', () => end.reject(signal.reason))
    return end.promise
  }

  end(item: number): void {
    this.#ends.get(item)?.resolve(`r${item}`)
  }

  fail(item: number, error: Error): void {
    this.#ends.get(item)?.reject(error)
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

function deferred<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((res, rej) => {
    resolve = res
    reject = rej
  })
  return { promise, resolve, reject }
}

/** Lets everything happen that can happen without us. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

function* numbers(upTo: number, pulled: number[] = []): Generator<number> {
  for (let n = 1; n <= upTo; n++) {
    pulled.push(n)
    yield n
  }
}

describe('mapConcurrently', () => {
  test('runs no more than the limit, pulls no further, keeps the order', async () => {
    const runs = new Runs()
    const pulled: number[] = []
    const results = all(mapConcurrently(numbers(5, pulled), 2, undefined, runs.run))
    await settle()
    expect(runs.started).toEqual([1, 2])
    expect(pulled).toEqual([1, 2])
    runs.end(2)
    await settle()
    // The oldest holds its place, so that results stay in order and in bounds.
    expect(runs.started).toEqual([1, 2])
    for (const item of [1, 3, 4, 5]) {
      runs.end(item)
      await settle()
    }
    expect(await results).toEqual(['r1', 'r2', 'r3', 'r4', 'r5'])
  })

  test('hands out a result while the source is slow', async () => {
    const runs = new Runs()
    const gate = deferred<void>()
    async function* slow(): AsyncGenerator<number> {
      yield 1
      await gate.promise
      yield 2
    }
    const results = mapConcurrently(slow(), 4, undefined, runs.run)
    const first = results.next()
    await settle()
    runs.end(1)
    expect(await first).toEqual({ done: false, value: 'r1' })
    const second = results.next()
    gate.resolve()
    await settle()
    runs.end(2)
    expect(await second).toEqual({ done: false, value: 'r2' })
    expect((await results.next()).done).toBe(true)
  })

  test('yields what was begun before it throws what the source threw', async () => {
    const runs = new Runs()
    const trouble = new Error('source')
    function* failing(): Generator<number> {
      yield 1
      throw trouble
    }
    const results = mapConcurrently(failing(), 3, undefined, runs.run)
    const first = results.next()
    await settle()
    runs.end(1)
    expect(await first).toEqual({ done: false, value: 'r1' })
    await expect(results.next()).rejects.toBe(trouble)
  })

  test('aborts the others when one fails, and closes the source', async () => {
    const runs = new Runs()
    let closed = false
    function* source(): Generator<number> {
      try {
        yield* numbers(9)
      } finally {
        closed = true
      }
    }
    const results = all(mapConcurrently(source(), 3, undefined, runs.run))
    await settle()
    const trouble = new Error('run')
    runs.fail(1, trouble)
    await expect(results).rejects.toBe(trouble)
    expect(runs.started).toEqual([1, 2, 3])
    expect(runs.signals.every((signal) => signal.aborted)).toBe(true)
    expect(closed).toBe(true)
  })

  test('aborts the others when the consumer leaves', async () => {
    const runs = new Runs()
    const results = mapConcurrently(numbers(9), 3, undefined, runs.run)
    const first = results.next()
    await settle()
    runs.end(1)
    await first
    await results.return()
    expect(runs.started).toEqual([1, 2, 3])
    expect(runs.signals[1]?.aborted).toBe(true)
  })

  test('ends with the signal, even while the source hangs', async () => {
    const controller = new AbortController()
    async function* hanging(): AsyncGenerator<number> {
      await new Promise(() => {})
      yield 1
    }
    const runs = new Runs()
    const results = all(mapConcurrently(hanging(), 2, controller.signal, runs.run))
    await settle()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(results).rejects.toBe(reason)
  })
})
