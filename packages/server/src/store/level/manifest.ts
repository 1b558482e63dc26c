import { ByteCursor, MalformedBytesError } from './byte-cursor.ts'
import type { LogRecord } from './log-file.ts'

/** A table file that belongs to the database. */
export interface LiveTable {
  readonly number: number
  readonly sizeBytes: number
  /** Internal keys of the first and the last entry. */
  readonly smallest: Buffer
  readonly largest: Buffer
}

/** What the records of a MANIFEST add up to. */
export interface Manifest {
  readonly tables: ReadonlyMap<number, LiveTable>
  /** Logs below this number are in the tables. */
  readonly logNumber: number
}

interface Reading {
  readonly cursor: ByteCursor
  readonly tables: Map<number, LiveTable>
  logNumber: number | undefined
}

/** What follows each tag of a version edit. */
const fields: Readonly<Record<number, (reading: Reading) => void>> = {
  1: ({ cursor }) => void cursor.lengthPrefixed(),
  2: (reading) => {
    reading.logNumber = reading.cursor.varint()
  },
  3: ({ cursor }) => void cursor.varint(),
  4: ({ cursor }) => void cursor.varint(),
  5: ({ cursor }) => {
    cursor.varint()
    cursor.lengthPrefixed()
  },
  6: ({ cursor, tables }) => {
    cursor.varint()
    tables.delete(cursor.varint())
  },
  7: ({ cursor, tables }) => {
    cursor.varint()
    const number = cursor.varint()
    const sizeBytes = cursor.varint()
    const smallest = cursor.lengthPrefixed()
    tables.set(number, { number, sizeBytes, smallest, largest: cursor.lengthPrefixed() })
  },
  9: ({ cursor }) => void cursor.varint(),
}

/** @throws MalformedBytesError */
export function readManifest(records: readonly LogRecord[]): Manifest {
  const tables = new Map<number, LiveTable>()
  let logNumber: number | undefined
  for (const { bytes } of records) {
    const reading: Reading = { cursor: new ByteCursor(bytes), tables, logNumber }
    while (!reading.cursor.ended) {
      const field = fields[reading.cursor.varint()]
      if (field === undefined) throw new MalformedBytesError('a MANIFEST has an unknown field')
      field(reading)
    }
    logNumber = reading.logNumber
  }
  if (logNumber === undefined) throw new MalformedBytesError('a MANIFEST names no log')
  return { tables, logNumber }
}
