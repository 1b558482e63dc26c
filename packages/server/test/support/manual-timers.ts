import type { Timers } from '@stowage/server'

interface Entry {
  readonly everyMs: number | undefined
  readonly task: () => void
  dueMs: number
}

/** Time that stands still until a test lets it pass. */
export class ManualTimers implements Timers {
  readonly #entries = new Set<Entry>()
  #nowMs = 0

  every(ms: number, task: () => void): () => void {
    return this.#add({ everyMs: ms, task, dueMs: this.#nowMs + ms })
  }

  after(ms: number, task: () => void): () => void {
    return this.#add({ everyMs: undefined, task, dueMs: this.#nowMs + ms })
  }

  #add(entry: Entry): () => void {
    this.#entries.add(entry)
    return () => void this.#entries.delete(entry)
  }

  /** How many wait. */
  get count(): number {
    return this.#entries.size
  }

  pass(ms: number): void {
    const endMs = this.#nowMs + ms
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#nowMs = next.dueMs
      if (next.everyMs === undefined) this.#entries.delete(next)
      else next.dueMs += next.everyMs
      next.task()
    }
    this.#nowMs = endMs
  }

  #next(endMs: number): Entry | undefined {
    const due = [...this.#entries].filter(({ dueMs }) => dueMs <= endMs)
    return due.sort((a, b) => a.dueMs - b.dueMs)[0]
  }
}
