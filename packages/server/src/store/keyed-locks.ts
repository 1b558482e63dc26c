interface Waiter {
  readonly exclusive: boolean
  readonly enter: () => void
}

interface Lock {
  holders: number
  exclusive: boolean
  readonly waiting: Waiter[]
}

/**
 * Shared and exclusive locks by name, first come, first served. A lock exists only while somebody
 * holds it, so the names may be as many as there are objects.
 */
export class KeyedLocks {
  readonly #locks = new Map<string, Lock>()

  /** Runs `task` alone among all that lock `name`. */
  exclusive<T>(name: string, task: () => Promise<T>): Promise<T> {
    return this.#run(name, true, task)
  }

  /** Runs `task` beside other shared holders of `name`. */
  shared<T>(name: string, task: () => Promise<T>): Promise<T> {
    return this.#run(name, false, task)
  }

  async #run<T>(name: string, exclusive: boolean, task: () => Promise<T>): Promise<T> {
    const entered = this.#enter(name, exclusive)
    if (entered !== undefined) await entered
    try {
      return await task()
    } finally {
      this.#leave(name)
    }
  }

  #enter(name: string, exclusive: boolean): Promise<void> | undefined {
    const lock = this.#locks.get(name)
    if (lock === undefined) {
      this.#locks.set(name, { holders: 1, exclusive, waiting: [] })
      return undefined
    }
    if (!exclusive && !lock.exclusive && lock.waiting.length === 0) {
      lock.holders += 1
      return undefined
    }
    return new Promise((enter) => lock.waiting.push({ exclusive, enter }))
  }

  #leave(name: string): void {
    const lock = this.#locks.get(name)
    if (lock === undefined) return
    lock.holders -= 1
    if (lock.holders > 0) return
    let next = lock.waiting[0]
    if (next === undefined) {
      this.#locks.delete(name)
      return
    }
    lock.exclusive = next.exclusive
    do {
      lock.waiting.shift()
      lock.holders += 1
      next.enter()
      next = lock.waiting[0]
    } while (!lock.exclusive && next !== undefined && !next.exclusive)
  }
}
