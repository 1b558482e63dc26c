import { realpath, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ClassicLevel } from 'classic-level'

import { DamagedDirectoryError } from './damage.ts'
import type { Write } from './database.ts'
import { recordsDirectory } from './directory.ts'
import { commitsName } from './key-space.ts'
import { inspectRecords } from './level/inspect-records.ts'
import { decodeRecord, encodeRecord } from './records.ts'
import { reserveIn } from './reserve.ts'
import { readWitness } from './witness.ts'

export type Level = ClassicLevel<string, Buffer>

/** Without compression, so that the files can be verified and salvaged without LevelDB. */
const levelOptions = { keyEncoding: 'utf8', valueEncoding: 'buffer', compression: false } as const

/**
 * What this process has open, by real paths. LevelDB's own lock does not hold within a process: it
 * goes by the path that it is given, and a second attempt that it refuses closes the file of the
 * lock, with which the system takes the lock from the first one, too.
 */
const openHere = new Set<string>()

/** Where the files of LevelDB are. */
export function locationIn(directory: string): string {
  return join(directory, recordsDirectory)
}

/**
 * Verifies the files of the records before LevelDB changes them.
 * @param least number that the last commit must have
 * @returns the number that it has
 * @throws DamagedDirectoryError
 */
export async function verifyCommits(directory: string, least: number): Promise<number> {
  const { commits, damage } = await inspectRecords(locationIn(directory))
  const problem = `the last commit is number ${commits}; number ${least} was acknowledged`
  const missing = commits < least ? [{ file: recordsDirectory, problem }] : []
  // Where files are damaged, what they hold proves nothing more.
  const all = damage.length > 0 ? damage : missing
  if (all.length > 0) throw new DamagedDirectoryError(directory, all)
  return commits
}

/** @throws Error when another process has the records open */
export async function refuseLocked(
  directory: string,
  location: string = locationIn(directory),
): Promise<void> {
  if (openHere.has(await realPathOf(location))) throw inUse(directory, heldHere())
  const level = new ClassicLevel(location, { createIfMissing: false, errorIfExists: true })
  // Opening fails in any case: LevelDB takes its lock before it looks at anything else.
  const error: unknown = await level.open().catch((reason: unknown) => reason)
  if (isLocked(error)) throw inUse(directory, error)
}

function inUse(directory: string, cause: unknown): Error {
  return new Error(`another server has the directory ${directory} open`, { cause })
}

/** @throws DamagedDirectoryError; Error when another process has the records open */
export async function openVerified(directory: string): Promise<Level> {
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
  try {
    const found = await commitsIn(level)
    if (found >= commits) return level
    const problem = `LevelDB finds commit ${found} in it, not ${commits}`
    throw new DamagedDirectoryError(directory, [{ file: recordsDirectory, problem }])
  } catch (error) {
    await level.close()
    throw error
  }
}

async function openAtStart(directory: string): Promise<Level> {
  try {
    return await openLevel(locationIn(directory))
  } catch (error) {
    if (isLocked(error)) throw inUse(directory, error)
    // The disk may be full: the reserve is there for this.
    await reserveIn(directory).free()
    return openLevel(locationIn(directory))
  }
}

/** Makes the records of a directory that has never had any. */
export async function makeLevel(directory: string): Promise<Level> {
  try {
    return await openLevel(locationIn(directory), { createIfMissing: true })
  } catch (error) {
    if (isLocked(error)) throw inUse(directory, error)
    // An earlier start ended while it was making them: nothing has been acknowledged.
    await rm(locationIn(directory), { recursive: true, force: true })
    return openLevel(locationIn(directory), { createIfMissing: true })
  }
}

/** Opens files of LevelDB that are known to be intact. @throws Error that `isLocked` knows */
export async function openLevel(
  location: string,
  { createIfMissing = false }: { readonly createIfMissing?: boolean } = {},
): Promise<Level> {
  const path = await realPathOf(location)
  if (openHere.has(path)) throw new Error('it is open already', { cause: heldHere() })
  openHere.add(path)
  const level = new ClassicLevel<string, Buffer>(location, { ...levelOptions, createIfMissing })
  try {
    await level.open()
  } catch (error) {
    openHere.delete(path)
    throw error
  }
  level.once('closed', () => openHere.delete(path))
  return level
}

/** The directory itself may be missing; it is never a link. */
async function realPathOf(location: string): Promise<string> {
  return join(await realpath(dirname(location)), basename(location))
}

/** What LevelDB says where it notices. */
function heldHere(): Error {
  return Object.assign(new Error('this process has it open'), { code: 'LEVEL_LOCKED' })
}

/** The number of the last commit. */
export async function commitsIn(level: Level): Promise<number> {
  const record = await level.get(commitsName)
  return record === undefined ? 0 : decodeRecord<{ value: number }>(commitsName, record).value
}

/** What each batch has in it, so that a gap between batches shows. */
export function commitNumberWrite(commits: number): Write {
  return { type: 'put', key: commitsName, value: encodeRecord(commitsName, { value: commits }) }
}

function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED'
}
