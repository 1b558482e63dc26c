/** Time that passes; tests bring their own. */
export interface Timers {
  /** Runs a task again and again. @returns what stops it */
  every(ms: number, task: () => void): () => void
  /** Runs a task once. @returns what stops it */
  after(ms: number, task: () => void): () => void
}

export const systemTimers: Timers = {
  every: (ms, task) => {
    const timer = setInterval(task, ms)
    return () => clearInterval(timer)
  },
  after: (ms, task) => {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}
