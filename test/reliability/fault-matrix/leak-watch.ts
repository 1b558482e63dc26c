import { readdir, readlink } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'

/** Turns of the event loop that may pass until what was closed is gone. */
const settlingTurns = 2000

/** What keeps the process alive, and its open files. */
async function resources(): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts.set('file handle', await openFiles())
}

/** Open files, where the system tells them; sockets are counted above. */
async function openFiles(): Promise<number> {
  const names = await readdir('/proc/self/fd').catch(() => [])
  const targets = names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => ''))
  return (await Promise.all(targets)).filter((target) => target.startsWith('/')).length
}

/** Counts what a batch of cases leaves: sockets, timers, file handles, rejections, warnings. */
export class LeakWatch implements Disposable {
  readonly #events: string[] = []
  #before: ReadonlyMap<string, number> = new Map()

  readonly #onRejection = (reason: unknown): void =>
    void this.#events.push(`an unhandled rejection: ${String(reason)}`)
  readonly #onWarning = ({ name, message }: Error): void => {
    if (name === 'MaxListenersExceededWarning') this.#events.push(message)
  }

  constructor() {
    process.on('unhandledRejection', this.#onRejection).on('warning', this.#onWarning)
  }

  async begin(): Promise<void> {
    this.#events.length = 0
    this.#before = await resources()
  }

  /** What is there now that was not there at the beginning. */
  async left(): Promise<readonly string[]> {
    let left = await this.#grown()
    // No timer here: it would be counted.
    for (let turn = 0; left.length > 0 && turn < settlingTurns; turn++) {
      await setImmediate()
      left = await this.#grown()
    }
    return [...this.#events, ...left]
  }

  async #grown(): Promise<readonly string[]> {
    const now = await resources()
    return [...now]
      .filter(([kind, count]) => count > (this.#before.get(kind) ?? 0))
      .map(([kind, count]) => `${count - (this.#before.get(kind) ?? 0)} × ${kind}`)
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#onRejection).off('warning', this.#onWarning)
  }
}
