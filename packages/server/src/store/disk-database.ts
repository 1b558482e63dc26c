import { rm } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'

import { CommitQueue, unavailable, type CommitTarget, type Recovery } from './commit-queue.ts'
import { DamagedDirectoryError } from './damage.ts'
import {
  walkTogether,
  type ByteRange,
  type Database,
  type JoinedWalks,
  type RecordWalk,
  type Write,
} from './database.ts'
import { recordsDirectory } from './directory.ts'
import { commitsName, type RecordRange } from './key-space.ts'
import { cutLogs, inspectRecords } from './level/inspect-records.ts'
import { decodeRecord, encodeRecord } from './records.ts'
import { Reserve } from './reserve.ts'
import { readWitness, Witness } from './witness.ts'

export interface DiskDatabaseOptions {
  readonly directory: string
  /** Whether a commit waits for the disk. */
  readonly sync: boolean
  /** Whether the records have never been made. */
  readonly isNew: boolean
  /** Told of failures of the disk. */
  readonly report: (error: unknown) => void
}

type Level = ClassicLevel<string, Buffer>

/** Without compression, so that the files can be verified and salvaged without LevelDB. */
const levelOptions = { keyEncoding: 'utf8', valueEncoding: 'buffer', compression: false } as const

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
  #isFull = false
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
    try {
      const commits = await commitsIn(level)
      const witness = Witness.open(directory)
      await witness.writeBoth({ commits, commitsOnDisk: commits })
      return new DiskDatabase(options, level, witness, commits)
    } catch (error) {
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
    await (this.#level ?? this.#failed)?.close()
    this.#witness.close()
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
    const number = encodeRecord(commitsName, { value: commits })
    const batch = [{ type: 'put', key: commitsName, value: number } as const, ...writes]
    await this.#openLevel().batch(batch, { sync })
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
      const { directory } = this.#options
      await verifyCommits(directory, this.#commits)
      this.#level = await openLevel(directory)
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

  /** Reports a failure once, however often it is met again. */
  #report(error: unknown): void {
    const text = String(error)
    if (text !== this.#lastReport) this.#options.report(error)
    this.#lastReport = text
  }
}

function locationIn(directory: string): string {
  return join(directory, recordsDirectory)
}

function reserveIn(directory: string): Reserve {
  return new Reserve(join(directory, 'reserve'))
}

/**
 * Verifies the files of the records before LevelDB changes them.
 * @param least number that the last commit must have
 * @returns the number that it has
 * @throws DamagedDirectoryError
 */
async function verifyCommits(directory: string, least: number): Promise<number> {
  const { commits, damage } = await inspectRecords(locationIn(directory))
  const problem = `the last commit is number ${commits}; number ${least} was acknowledged`
  const missing = commits < least ? [{ file: recordsDirectory, problem }] : []
  // Where files are damaged, what they hold proves nothing more.
  const all = damage.length > 0 ? damage : missing
  if (all.length > 0) throw new DamagedDirectoryError(directory, all)
  return commits
}

/** @throws Error when another process has the records open */
async function refuseLocked(directory: string): Promise<void> {
  const level = new ClassicLevel(locationIn(directory), {
    createIfMissing: false,
    errorIfExists: true,
  })
  // Opening fails in any case: LevelDB takes its lock before it looks at anything else.
  const error: unknown = await level.open().catch((reason: unknown) => reason)
  if (isLocked(error)) throw inUse(directory, error)
}

function inUse(directory: string, cause: unknown): Error {
  return new Error(`another server has the directory ${directory} open`, { cause })
}

/** @throws DamagedDirectoryError; Error when another process has the records open */
async function openVerified(directory: string): Promise<Level> {
  await refuseLocked(directory)
  let commits: number
  try {
    commits = await verifyCommits(directory, await readWitness(directory))
  } catch (error) {
    // Another process that has just opened them changes them meanwhile.
    await refuseLocked(directory)
    throw error
  }
  const level = await openAtStart(directory)
  const found = await commitsIn(level)
  if (found >= commits) return level
  await level.close()
  const problem = `LevelDB finds commit ${found} in it, not ${commits}`
  throw new DamagedDirectoryError(directory, [{ file: recordsDirectory, problem }])
}

async function openAtStart(directory: string): Promise<Level> {
  try {
    return await openLevel(directory)
  } catch (error) {
    if (isLocked(error)) throw inUse(directory, error)
    // The disk may be full: the reserve is there for this.
    await reserveIn(directory).free()
    return openLevel(directory)
  }
}

/** Makes the records of a directory that has never had any. */
async function makeLevel(directory: string): Promise<Level> {
  try {
    return await openLevel(directory, { createIfMissing: true })
  } catch (error) {
    if (isLocked(error)) throw inUse(directory, error)
    // An earlier start ended while it was making them: nothing has been acknowledged.
    await rm(locationIn(directory), { recursive: true, force: true })
    return openLevel(directory, { createIfMissing: true })
  }
}

async function openLevel(directory: string, { createIfMissing = false } = {}): Promise<Level> {
  const options = { ...levelOptions, createIfMissing }
  const level = new ClassicLevel<string, Buffer>(locationIn(directory), options)
  await level.open()
  return level
}

async function commitsIn(level: Level): Promise<number> {
  const record = await level.get(commitsName)
  return record === undefined ? 0 : decodeRecord<{ value: number }>(commitsName, record).value
}

function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED'
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
