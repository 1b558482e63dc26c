import { open, readdir, readFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

import { recordsDirectory } from '../directory.ts'
import type { DirectoryDamage } from '../damage.ts'
import { commitsName } from '../key-space.ts'
import { DamagedRecordError, decodeRecord } from '../records.ts'
import { MalformedBytesError } from './byte-cursor.ts'
import { readLog } from './log-file.ts'
import { readManifest, type LiveTable, type Manifest } from './manifest.ts'
import { TableFile } from './table-file.ts'
import { readWriteBatch, type Entry } from './write-batch.ts'

/** What the files of LevelDB say, before LevelDB itself has touched them. */
export interface Inspection {
  /** Number of the last commit. */
  readonly commits: number
  readonly damage: readonly DirectoryDamage[]
  /** Whether a log ends with an incomplete record: then only the witness knows the last commit. */
  readonly isTorn: boolean
}

/**
 * Verifies every file that LevelDB is going to use: CURRENT, its MANIFEST, the tables and the logs.
 * LevelDB itself skips damaged parts of a log without a word, and does not see that a log is
 * missing. Each batch has a commit number here, so a gap shows.
 * @param location the directory of LevelDB
 */
export async function inspectRecords(location: string): Promise<Inspection> {
  const inspector = new Inspector(location)
  return inspector.run()
}

class Inspector {
  readonly #location: string
  readonly #damage: DirectoryDamage[] = []
  #commits = 0
  #commitsSequence = -1
  #isTorn = false

  constructor(location: string) {
    this.#location = location
  }

  async run(): Promise<Inspection> {
    const manifest = await this.#manifest()
    if (manifest !== undefined) {
      for (const table of manifest.tables.values()) await this.#inspectTable(table)
      for (const name of await logNames(this.#location, manifest.logNumber)) {
        await this.#inspectLog(name)
      }
    }
    return { commits: this.#commits, damage: this.#damage, isTorn: this.#isTorn }
  }

  async #manifest(): Promise<Manifest | undefined> {
    const found = await findManifest(this.#location)
    if (found.manifest === undefined) this.#report(found.file, found.problem)
    return found.manifest
  }

  async #inspectTable(table: LiveTable): Promise<void> {
    const name = tableName(table.number)
    const bytes = await this.#read(name)
    if (bytes === undefined) return
    if (bytes.length !== table.sizeBytes) {
      this.#report(name, `it has ${bytes.length} bytes, not ${table.sizeBytes}`)
      return
    }
    await this.#attempt(name, () => {
      const file = new TableFile(bytes)
      file.verify()
      const [smallest, largest] = file.bounds()
      if (smallest?.equals(table.smallest) !== true || largest?.equals(table.largest) !== true) {
        throw new MalformedBytesError('it holds other records than its MANIFEST says')
      }
      const entry = file.find(commitsKey)
      if (entry !== undefined && entry.sequence > this.#commitsSequence) {
        this.#commits = commitOf(entry)
        this.#commitsSequence = entry.sequence
      }
    })
  }

  async #inspectLog(name: string): Promise<void> {
    const bytes = await this.#read(name)
    if (bytes === undefined) return
    const { records, damagedAt } = readLog(bytes)
    if (damagedAt !== undefined) this.#isTorn = true
    await this.#attempt(name, () => {
      for (const { bytes: record, offset } of records) {
        const commit = commitIn(record)
        if (damagedAt !== undefined && offset > damagedAt) {
          throw new MalformedBytesError(`its bytes from ${damagedAt} on are damaged`)
        }
        if (commit !== this.#commits + 1) {
          throw new MalformedBytesError(
            `commit ${commit} follows commit ${this.#commits}: what was between them is missing`,
          )
        }
        this.#commits = commit
      }
    })
  }

  async #read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#location, name))
    } catch (error) {
      if (!isMissing(error)) throw error
      this.#report(name, 'it is missing')
      return undefined
    }
  }

  async #attempt(name: string, task: () => void): Promise<void> {
    try {
      task()
    } catch (error) {
      this.#report(name, problemOf(error))
    }
  }

  #report(name: string, problem: string): void {
    this.#damage.push({ file: join(recordsDirectory, name), problem })
  }
}

/** The MANIFEST that CURRENT names, or what is wrong with them. */
export async function findManifest(
  location: string,
): Promise<
  | { readonly manifest: Manifest }
  | { readonly manifest?: undefined; readonly file: string; readonly problem: string }
> {
  let file = 'CURRENT'
  try {
    const current = await readFile(join(location, file), 'latin1')
    const name = /^(MANIFEST-\d{6,})\n$/.exec(current)?.[1]
    if (name === undefined) return { file, problem: 'it does not name a MANIFEST' }
    file = name
    const { records, damagedAt, isTorn } = readLog(await readFile(join(location, name)))
    if (damagedAt !== undefined && !isTorn) {
      return { file, problem: `its bytes from ${damagedAt} on are damaged` }
    }
    return { manifest: readManifest(records) }
  } catch (error) {
    return { file, problem: isMissing(error) ? 'it is missing' : problemOf(error) }
  }
}

/** The logs that are not in tables yet, oldest first. */
export async function logNames(location: string, logNumber: number): Promise<readonly string[]> {
  return (await readdir(location))
    .filter((name) => /^\d{6,}\.log$/.test(name) && Number.parseInt(name, 10) >= logNumber)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
}

export function tableName(number: number): string {
  return `${String(number).padStart(6, '0')}.ldb`
}

/**
 * Takes the commits after number `commits` off the end of the logs, so that a batch whose writing
 * failed cannot come back at the next start. Call it while LevelDB is closed.
 */
export async function cutLogs(location: string, commits: number): Promise<void> {
  for (const name of await logNames(location, 0)) {
    const path = join(location, name)
    const { records } = readLog(await readFile(path))
    const surplus = records.find(({ bytes }) => commitIn(bytes) > commits)
    if (surplus === undefined) continue
    await withFile(path, async (handle) => {
      await handle.truncate(surplus.offset)
      await handle.sync()
    })
  }
}

/** Waits until the disk has all commits. Call it while LevelDB is closed. */
export async function syncLogs(location: string): Promise<void> {
  for (const name of await logNames(location, 0)) {
    await withFile(join(location, name), (handle) => handle.sync())
  }
}

async function withFile(path: string, task: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await task(handle)
  } finally {
    await handle.close()
  }
}

const commitsKey = Buffer.from(commitsName)

/** The commit number of one record of a log. @throws MalformedBytesError */
function commitIn(record: Buffer): number {
  const entry = readWriteBatch(record).find(({ key }) => key.equals(commitsKey))
  return commitOf(entry)
}

function commitOf(entry: Entry | undefined): number {
  if (entry?.value === undefined) throw new MalformedBytesError('a batch has no commit number')
  return decodeRecord<{ value: number }>(commitsName, entry.value).value
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** @throws what is no damage, such as a disk that does not answer */
function problemOf(error: unknown): string {
  if (error instanceof MalformedBytesError || error instanceof DamagedRecordError) {
    return error.message
  }
  throw error
}
