import { S3Failure, UndecidedCommitError } from '../failure.ts'
import type { Write } from './database.ts'
import { isNumberName, isSmallBlobName } from './key-space.ts'

/** What became of a batch whose writing failed. */
export type Recovery =
  /** It is undone, and the database is open again. */
  | 'open'
  /** It is undone, and the database cannot be opened yet. */
  | 'closed'
  /** Nobody can say whether it is on the disk. */
  | 'undecided'

/** Where the batches go. */
export interface CommitTarget {
  /** @throws S3Failure ServiceUnavailable while the database cannot be opened */
  ready(): Promise<void>
  /** Whether there is room for more than what needs none. */
  hasRoom(): Promise<boolean>
  /** Writes one batch, all or nothing; resolves when it is as safe as the store is meant to be. */
  append(writes: readonly Write[]): Promise<void>
  /** Called after `append` has failed, before anything else is written. */
  recover(error: unknown): Promise<Recovery>
}

interface Commit {
  readonly writes: readonly Write[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Whether it has been tried before, which happens to what needs no room alone. */
  isRepeated: boolean
}

/** A batch takes no more commits once it has this many writes. */
const maxBatchWrites = 1000

/**
 * One batch at a time: what waits while one is written goes into the next one together, so many
 * commits share one write and one fsync. After a failure nothing is written until the target has
 * recovered; what waits is refused, except what needs no room, which is tried once more.
 */
export class CommitQueue {
  readonly #target: CommitTarget
  #waiting: Commit[] = []
  #draining: Promise<void> | undefined

  constructor(target: CommitTarget) {
    this.#target = target
  }

  /** @throws S3Failure ServiceUnavailable, UndecidedCommitError */
  commit(writes: readonly Write[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes, resolve, reject, isRepeated: false })
      this.#draining ??= this.#drain()
    })
  }

  /** Waits for all commits. */
  async close(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch()
      try {
        await this.#write(batch)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    // In the turn that found nothing waiting: a commit that comes next starts anew.
    this.#draining = undefined
  }

  #nextBatch(): readonly Commit[] {
    let count = 0
    let writes = 0
    while (count < this.#waiting.length && writes < maxBatchWrites) {
      writes += this.#waiting[count]?.writes.length ?? 0
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  async #write(batch: readonly Commit[]): Promise<void> {
    await this.#target.ready()
    const admitted = (await this.#target.hasRoom()) ? batch : refuseAdditions(batch)
    if (admitted.length === 0) return
    try {
      await this.#target.append(admitted.flatMap(({ writes }) => writes))
    } catch (error) {
      await this.#recover(admitted, error)
      return
    }
    for (const { resolve } of admitted) resolve()
  }

  async #recover(batch: readonly Commit[], error: unknown): Promise<void> {
    const recovery = await this.#target.recover(error)
    const again = recovery === 'open' ? batch.filter((commit) => mayRepeat(commit)) : []
    for (const commit of batch) {
      if (again.includes(commit)) commit.isRepeated = true
      else if (recovery === 'undecided') commit.reject(new UndecidedCommitError())
      else commit.reject(unavailable())
    }
    this.#waiting = [...again, ...refuseAdditions(this.#waiting)]
  }
}

export function unavailable(): S3Failure {
  return new S3Failure('ServiceUnavailable')
}

function mayRepeat(commit: Commit): boolean {
  return !commit.isRepeated && needsNoRoom(commit)
}

/** Refuses all commits that need room. Returns the others. */
function refuseAdditions(commits: readonly Commit[]): Commit[] {
  for (const commit of commits) if (!needsNoRoom(commit)) commit.reject(unavailable())
  return commits.filter((commit) => needsNoRoom(commit))
}

/**
 * Whether a commit is written even when the disk is full: when it deletes something and adds no
 * bytes of objects, or when it is of the store's own numbers, without which no server starts.
 */
function needsNoRoom({ writes }: Commit): boolean {
  if (writes.every(({ key }) => isNumberName(key))) return true
  return (
    writes.some(({ type }) => type === 'del') &&
    !writes.some(({ type, key }) => type === 'put' && isSmallBlobName(key))
  )
}
