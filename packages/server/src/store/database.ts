import type { AbstractLevel } from 'abstract-level'

import type { RecordRange } from './key-space.ts'

type Level = AbstractLevel<Buffer | Uint8Array | string, string, Buffer>

/** One write of an atomic batch. */
export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: string }

/** Records from `gte` (or behind `gt`) up to `lt`, as bytes. */
export interface ByteRange {
  readonly gte?: Buffer
  readonly gt?: Buffer
  readonly lt: Buffer
}

/** A walk over a snapshot of the records, in byte order. It has to be closed. */
export interface RecordWalk {
  nextv(size: number): Promise<readonly (readonly [name: Buffer, value: Buffer])[]>
  seek(name: Buffer): void
  close(): Promise<void>
}

/** Walks over one snapshot. */
export interface JoinedWalks {
  readonly walks: readonly RecordWalk[]
  close(): Promise<void>
}

/** The ordered key-value store: names are text in UTF-8 byte order, values are bytes. */
export interface Database {
  get(name: string): Promise<Buffer | undefined>
  /** Several records as they are at one moment. */
  getAll(names: readonly string[]): Promise<readonly (Buffer | undefined)[]>
  /** All or nothing; resolves when the data is as safe as the store is meant to be. */
  commit(writes: readonly Write[]): Promise<void>
  entries(range: RecordRange): AsyncIterable<readonly [name: string, value: Buffer]>
  /** The first `count` records of a range. */
  first(range: RecordRange, count: number): Promise<readonly (readonly [string, Buffer])[]>
  isEmpty(range: RecordRange): Promise<boolean>
  walk(range: ByteRange): RecordWalk
  /** Walks that all see the records as they are at one moment. */
  walkTogether(ranges: readonly ByteRange[]): JoinedWalks
  close(): Promise<void>
}

const encodings = { keyEncoding: 'utf8', valueEncoding: 'buffer' } as const

/** A store that forgets everything when it is closed. */
export async function openMemoryDatabase(): Promise<Database> {
  const { MemoryLevel } = await import('memory-level')
  const level = new MemoryLevel<string, Buffer>(encodings)
  await level.open()
  return databaseOn(level, (writes) => level.batch([...writes]))
}

/** A database on an open store of levels. @param commit writes a batch, all or nothing */
export function databaseOn(level: Level, commit: Database['commit']): Database {
  return {
    commit,
    get: (name) => level.get(name),
    getAll: (names) => level.getMany([...names]),
    entries: (range) => level.iterator({ ...range }),
    first: (range, count) => level.iterator({ ...range, limit: count }).all(),
    isEmpty: async (range) => (await level.keys({ ...range, limit: 1 }).all()).length === 0,
    walk: (range) => level.iterator<Buffer, Buffer>({ ...range, keyEncoding: 'buffer' }),
    walkTogether: (ranges) => walkTogether(level, ranges),
    close: () => level.close(),
  }
}

/** Walks over one snapshot of a store. */
export function walkTogether(level: Level, ranges: readonly ByteRange[]): JoinedWalks {
  const snapshot = level.snapshot()
  const walks = ranges.map((range) =>
    level.iterator<Buffer, Buffer>({ ...range, keyEncoding: 'buffer', snapshot }),
  )
  const close = async (): Promise<void> => {
    for (const walk of walks) await walk.close()
    await snapshot.close()
  }
  return { walks, close }
}
