import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { MalformedBytesError } from './byte-cursor.ts'
import { readLog } from './log-file.ts'
import { entriesWithoutIndex, TableFile } from './table-file.ts'
import { readWriteBatch, type Entry } from './write-batch.ts'

/**
 * Every intact change in files of LevelDB, in no order; the sequence says which one is the newest.
 * Files that no MANIFEST names are read as well, because it may be the MANIFEST that is damaged.
 * @param location a directory of LevelDB, which may be missing
 */
export async function* salvage(location: string): AsyncIterable<Entry> {
  for (const name of await readdir(location).catch(() => [])) {
    const read = readers.find(({ pattern }) => pattern.test(name))?.read
    // A file that cannot be read is lost like one that is missing.
    const bytes =
      read === undefined ? undefined : await readFile(join(location, name)).catch(noBytes)
    if (read !== undefined && bytes !== undefined) yield* read(bytes)
  }
}

const readers: readonly {
  readonly pattern: RegExp
  readonly read: (bytes: Buffer) => Iterable<Entry>
}[] = [
  { pattern: /^\d{6,}\.log$/, read: entriesOfLog },
  { pattern: /^\d{6,}\.ldb$/, read: entriesOfTable },
]

function* entriesOfLog(bytes: Buffer): Iterable<Entry> {
  for (const record of readLog(bytes).records) {
    yield* orNothing(() => readWriteBatch(record.bytes))
  }
}

function* entriesOfTable(bytes: Buffer): Iterable<Entry> {
  const [table] = orNothing(() => [new TableFile(bytes)])
  if (table !== undefined) {
    yield* table.intactEntries()
    return
  }
  try {
    yield* entriesWithoutIndex(bytes)
  } catch (error) {
    // What follows the blocks with the entries has another form.
    if (!(error instanceof MalformedBytesError)) throw error
  }
}

function orNothing<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedBytesError) return []
    throw error
  }
}

function noBytes(): undefined {
  return undefined
}
