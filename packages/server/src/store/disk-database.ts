import { performance } from 'node:perf_hooks'

import { CommitQueue, unavailable, type CommitTarget, type Recovery } from './commit-queue.ts'
import {
  walkTogether,
  type ByteRange,
  type Database,
  type JoinedWalks,
  type RecordWalk,
  type Write,
} from './database.ts'
import type { RecordRange } from './key-space.ts'
import { cutLogs } from './level/inspect-records.ts'
import {
  commitNumberWrite,
  commitsIn,
  locationIn,
  makeLevel,
  openLevel,
  openVerified,
  verifyCommits,
  type Level,
} from './open-records.ts'
import { reserveIn, type Reserve } from './reserve.ts'
import { Witness } from './witness.ts'

export interface DiskDatabaseOptions {
  readonly directory: string
  /** Whether a commit waits for the disk. */
  readonly sync: boolean
  /** Whether the records have never been made. */
  readonly isNew: boolean
  /** Told of failures of the disk. */
  readonly report: (error: unknown) => void
}

/**
 * The records in LevelDB. They are verified before LevelDB opens them. After a failed write the
 * database is closed, the batch is cut off its log, and the database is verified and opened again:
 * LevelDB itself would go on after torn bytes, and lose all that comes after them at its next start.
 */
export class DiskDatabase implements Database, CommitTarget {
  readonly #options: DiskDatabaseOptions
  readonly #location: string
  readonly #reserve: Reserve
  readonly #witness: Witness
  readonly #queue = new CommitQueue(this)
  /** Undefined after a failure, until it is open again. */
  #level: Level | undefined
  /** What has to be closed before it can be opened again. */
  #failed: Level | undefined
  /** Number of the last commit that was acknowledged. */
  #commits: number
  /** Number of the last commit that was on the disk when the database was opened. */
  #commitsOnDisk: number
  /** Until the reserve is there: only then additions cannot take the room that deletions need. */
  #isFull = true
  #isUndecided = false
  #reopening: Promise<Level> | undefined
  #isClosed = false
  #retryAtMs = 0
  #lastReport = ''

  private constructor(
    options: DiskDatabaseOptions,
    level: Level,
    witness: Witness,
    commits: number,
  ) {
    this.#options = options
    this.#location = locationIn(options.directory)
    this.#reserve = reserveIn(options.directory)
    this.#level = level
    this.#witness = witness
    this.#commits = commits
    this.#commitsOnDisk = commits
    void this.#reserve.make()
  }

  /**
   * Opens the records of a directory, which one process at a time may do.
   * @throws DamagedDirectoryError; Error when another process has them open
   */
  static async open(options: DiskDatabaseOptions): Promise<DiskDatabase> {
    const { directory, isNew } = options
    const level = isNew ? await makeLevel(directory) : await openVerified(directory)
    let witness: Witness | undefined
    try {
      const commits = await commitsIn(level)
      witness = Witness.open(directory)
      await witness.writeBoth({ commits, commitsOnDisk: commits })
      return new DiskDatabase(options, level, witness, commits)
    } catch (error) {
      witness?.close()
      await level.close()
      throw error
    }
  }

  get(name: string): Promise<Buffer | undefined> {
    return this.#level?.get(name) ?? this.#reopened().then((level) => level.get(name))
  }

  getAll(names: readonly string[]): Promise<readonly (Buffer | undefined)[]> {
    const all = [...names]
    return this.#level?.getMany(all) ?? this.#reopened().then((level) => level.getMany(all))
  }

  async *entries(range: RecordRange): AsyncIterable<readonly [string, Buffer]> {
    const level = this.#level ?? (await this.#reopened())
    try {
      yield* level.iterator({ ...range })
    } catch (error) {
      throw readFailure(error)
    }
  }

  async first(range: RecordRange, count: number): Promise<readonly (readonly [string, Buffer])[]> {
    const level = this.#level ?? (await this.#reopened())
    return level
      .iterator({ ...range, limit: count })
      .all()
      .catch(rethrow)
  }

  async isEmpty(range: RecordRange): Promise<boolean> {
    const level = this.#level ?? (await this.#reopened())
    const names = await level
      .keys({ ...range, limit: 1 })
      .all()
      .catch(rethrow)
    return names.length === 0
  }

  walk(range: ByteRange): RecordWalk {
    const level = this.#openLevel()
    return guarded(level.iterator<Buffer, Buffer>({ ...range, keyEncoding: 'buffer' }))
  }

  walkTogether(ranges: readonly ByteRange[]): JoinedWalks {
    const joined = walkTogether(this.#openLevel(), ranges)
    return { walks: joined.walks.map((walk) => guarded(walk)), close: () => joined.close() }
  }

  /** @throws S3Failure ServiceUnavailable */
  #openLevel(): Level {
    if (this.#level !== undefined) return this.#level
    this.#reopened().catch(ignore)
    throw unavailable()
  }

  commit(writes: readonly Write[]): Promise<void> {
    return this.#queue.commit(writes)
  }

  async close(): Promise<void> {
    await this.#queue.close()
    this.#isClosed = true
    await this.#reopening?.catch(ignore)
    await this.#reserve.close()
    try {
      await (this.#level ?? this.#failed)?.close()
    } finally {
      this.#witness.close()
    }
  }

  // What follows is for the queue, which calls one of them at a time.

  async ready(): Promise<void> {
    if (this.#level === undefined) await this.#reopened()
  }

  /** Also asked before bytes of blobs are written: what is freed for deletions is not for them. */
  async hasRoom(): Promise<boolean> {
    if (this.#isFull && (await this.#reserve.make())) this.#isFull = !this.#reserve.isMade
    return !this.#isFull
  }

  async append(writes: readonly Write[]): Promise<void> {
    const { sync } = this.#options
    const commits = this.#commits + 1
    await this.#openLevel().batch([commitNumberWrite(commits), ...writes], { sync })
    this.#witness.write({ commits, commitsOnDisk: sync ? commits : this.#commitsOnDisk })
    this.#commits = commits
  }

  async recover(error: unknown): Promise<Recovery> {
    this.#report(error)
    this.#failed = this.#level
    this.#level = undefined
    this.#isUndecided = true
    this.#retryAtMs = 0
    try {
      await this.#reopened()
      return 'open'
    } catch {
      return this.#isUndecided ? 'undecided' : 'closed'
    }
  }

  /** @throws S3Failure ServiceUnavailable */
  #reopened(): Promise<Level> {
    const mayOpen = !this.#isClosed && performance.now() >= this.#retryAtMs
    if (this.#reopening === undefined && !mayOpen) {
      return Promise.reject(unavailable())
    }
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined
    })
    return this.#reopening
  }

  async #reopen(): Promise<Level> {
    const startMs = performance.now()
    try {
      await this.#failed?.close()
      this.#failed = undefined
      await this.#reserve.free()
      this.#isFull = true
      if (this.#isUndecided) await cutLogs(this.#location, this.#commits)
      this.#isUndecided = false
      await this.#verify()
      this.#level = await openLevel(this.#location)
      this.#commitsOnDisk = this.#commits
      this.#lastReport = ''
      return this.#level
    } catch (error) {
      this.#report(error)
      // At most half of the time goes into attempts.
      const endMs = performance.now()
      this.#retryAtMs = endMs + (endMs - startMs)
      throw unavailable()
    }
  }

  /** Verifies what is on the disk, which nobody kept from other processes meanwhile. */
  async #verify(): Promise<void> {
    const { directory } = this.#options
    const commits = await verifyCommits(directory, this.#commits)
    if (commits === this.#commits) return
    throw new Error(`another server has written to the directory ${directory}`)
  }

  /** Reports a failure once, however often it is met again. */
  #report(error: unknown): void {
    const text = String(error)
    if (text !== this.#lastReport) this.#options.report(error)
    this.#lastReport = text
  }
}

const closedCodes: ReadonlySet<unknown> = new Set([
  'LEVEL_DATABASE_NOT_OPEN',
  'LEVEL_ITERATOR_NOT_OPEN',
])

/** A walk that the closing of the database ended is no defect: it can be repeated. */
function readFailure(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return closedCodes.has(code) ? unavailable() : error
}

function rethrow(error: unknown): never {
  throw readFailure(error)
}

function guarded(walk: RecordWalk): RecordWalk {
  return {
    nextv: (size) => walk.nextv(size).catch(rethrow),
    seek: (name) => walk.seek(name),
    close: () => walk.close(),
  }
}

function ignore(): void {
  // Whoever waits for it is told.
}
