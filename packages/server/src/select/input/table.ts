import type { Binder } from '../query/evaluate.ts'
import type { Value } from '../values/value.ts'

/** Records that are at hand. */
export interface Batch<R> {
  /** Characters of the record that came last, where that is known. */
  readonly size?: number
  /** The next record, which is good until this is called again; undefined behind the last. */
  next(): R | undefined
}

/** All columns of a record, for `SELECT *`. */
export interface Cells {
  readonly names: readonly string[]
  /** As many as there are names. */
  readonly values: readonly Value[]
}

/** An object, seen as records. */
export interface Table<R> {
  readonly binder: Binder<R>
  /** To be used once. Ending it early releases what it reads from. */
  readonly batches: AsyncIterable<Batch<R>>
  cells(record: R): Cells
  /** The record in the form of the result, where nothing needs to be done for that. */
  copy?(record: R): string | undefined
}

/** What has been read so far. */
export interface ReadCounts {
  /** Of the object as it is stored. */
  scannedBytes: number
  /** The same, decompressed. */
  processedBytes: number
}
