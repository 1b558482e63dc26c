import type { AbstractLevel } from 'abstract-level'

/** The ordered key-value store: names are text in UTF-8 byte order, values are bytes. */
export type Database = AbstractLevel<Buffer | Uint8Array | string, string, Buffer>

/** One write of an atomic batch. */
export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: string }

/** A store that forgets everything when it is closed. */
export async function openMemoryDatabase(): Promise<Database> {
  const { MemoryLevel } = await import('memory-level')
  const database = new MemoryLevel<string, Buffer>({ keyEncoding: 'utf8', valueEncoding: 'buffer' })
  await database.open()
  return database
}

/** A store in `location`. Loaded only here: a server in memory does not pay for the native code. */
export async function openDiskDatabase(location: string): Promise<Database> {
  const { ClassicLevel } = await import('classic-level')
  const database = new ClassicLevel<string, Buffer>(location, {
    keyEncoding: 'utf8',
    valueEncoding: 'buffer',
  })
  await database.open()
  return database
}
