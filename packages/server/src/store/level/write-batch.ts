import { ByteCursor, MalformedBytesError } from './byte-cursor.ts'

/** One change of a record, as LevelDB keeps it. */
export interface Entry {
  readonly key: Buffer
  /** Undefined: the record is deleted. */
  readonly value: Buffer | undefined
  /** Grows with every change of the database. */
  readonly sequence: number
}

const headerBytes = 12
const putType = 1
const deletionType = 0

/**
 * The changes in one record of a log.
 * @throws MalformedBytesError
 */
export function readWriteBatch(record: Buffer): readonly Entry[] {
  if (record.length < headerBytes) throw new MalformedBytesError('a batch is truncated')
  const firstSequence = Number(record.readBigUInt64LE(0))
  const count = record.readUInt32LE(8)
  const cursor = new ByteCursor(record, headerBytes)
  const entries: Entry[] = []
  while (!cursor.ended) {
    const type = cursor.byte()
    if (type !== putType && type !== deletionType) {
      throw new MalformedBytesError('a batch holds an unknown change')
    }
    const key = cursor.lengthPrefixed()
    const value = type === putType ? cursor.lengthPrefixed() : undefined
    entries.push({ key, value, sequence: firstSequence + entries.length })
  }
  if (entries.length !== count) throw new MalformedBytesError('a batch has lost changes')
  return entries
}

/** Splits LevelDB's internal key: the key, then sequence and type in 8 bytes. */
export function entryOf(internalKey: Buffer, value: Buffer): Entry {
  const keyLength = internalKey.length - 8
  if (keyLength < 0) throw new MalformedBytesError('a key of a table is truncated')
  const tag = internalKey.readBigUInt64LE(keyLength)
  const isPut = (tag & 0xffn) === BigInt(putType)
  return {
    key: internalKey.subarray(0, keyLength),
    value: isPut ? value : undefined,
    sequence: Number(tag >> 8n),
  }
}
