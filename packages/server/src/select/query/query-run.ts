import { unitsOf, type WorkSlices } from '../../work-slices.ts'
import type { Batch, Table } from '../input/table.ts'
import { recordDelimiterOf, recordWriter, type RecordWriter } from '../output/record-writer.ts'
import type { RecordsBuffer } from '../output/records-buffer.ts'
import type { ResultFormat } from '../output/result-format.ts'
import type { Statement } from '../sql/ast.ts'
import type { Value } from '../values/value.ts'
import { Checkpoints, sliceOver } from './checkpoints.ts'
import { compileQuery, type Column, type CompiledQuery } from './compile-query.ts'

/** What a run is made from. */
export interface RunPlan {
  readonly statement: Statement
  readonly output: ResultFormat
}

export interface RunSurroundings {
  /** For UTCNOW. */
  readonly now: Date
  readonly slices: WorkSlices
}

/** From so many characters on, reading a record is work that counts by itself. */
const largeRecord = 4096

/** Why a run has to pause: for the receiver to take what there is, or for other requests. */
export type Pause = 'full' | 'slice over'

/** One query on its way through the records of one object. */
export class QueryRun<R> {
  readonly #table: Table<R>
  readonly #query: CompiledQuery<R>
  readonly #write: RecordWriter
  readonly #recordDelimiter: string
  readonly #columnNames: readonly string[]
  readonly #slices: WorkSlices
  readonly #checkpoints: Checkpoints
  #remaining: number
  /** A record that a pause has cut, and how many aggregates it has been added to. */
  #current: R | undefined
  #aggregated = 0
  #isFinishing = false

  /** @throws S3Failure where the query does not fit the records */
  constructor({ statement, output }: RunPlan, table: Table<R>, { now, slices }: RunSurroundings) {
    this.#table = table
    this.#slices = slices
    this.#checkpoints = new Checkpoints(slices)
    const { binder } = table
    this.#query = compileQuery(statement, { binder, now, checkpoints: this.#checkpoints })
    this.#write = recordWriter(output)
    this.#recordDelimiter = recordDelimiterOf(output)
    this.#columnNames = this.#query.columns?.map((column) => column.name) ?? []
    this.#remaining = statement.limit ?? Infinity
  }

  /** Whether LIMIT has been reached, so that nothing more needs to be read. */
  get isDone(): boolean {
    return this.#remaining === 0
  }

  /** Takes records of a batch, until it is at its end or LIMIT is reached, or it has to pause. */
  takeRecords(batch: Batch<R>, buffer: RecordsBuffer): Pause | undefined {
    try {
      while (!this.isDone) {
        const record = this.#current
        if (record === undefined) {
          const next = batch.next()
          if (next === undefined) return undefined
          const { size = 0 } = batch
          this.#begin(next, size)
          // Reading a large record, and then writing it, may take a slice each.
          if (size >= largeRecord && this.#slices.isSpent(unitsOf(size))) return 'slice over'
          continue
        }
        const written = this.#take(record, buffer)
        this.#current = undefined
        if (buffer.isFull) return 'full'
        if (this.#slices.isSpent(unitsOf(written))) return 'slice over'
      }
      return undefined
    } catch (error) {
      if (error === sliceOver) return 'slice over'
      throw error
    }
  }

  #begin(record: R, size: number): void {
    this.#current = record
    this.#aggregated = 0
    this.#checkpoints.nextRecord(size)
  }

  /**
   * @returns how many characters were written
   * @throws sliceOver, and goes on where it was when it is called again
   */
  #take(record: R, buffer: RecordsBuffer): number {
    const { passes, columns, aggregates } = this.#query
    if (!passes(record)) return 0
    if (aggregates.length === 0) {
      const text = columns === undefined ? this.#whole(record) : this.#projected(columns, record)
      buffer.add(text)
      this.#remaining--
      return text.length
    }
    while (this.#aggregated < aggregates.length) {
      aggregates[this.#aggregated]?.add(record)
      this.#aggregated++
    }
    return 0
  }

  /** Gives the record that aggregates make of all; false when the slice is over before. */
  finish(buffer: RecordsBuffer): boolean {
    const { aggregates, columns } = this.#query
    if (aggregates.length === 0 || columns === undefined || this.isDone) return true
    if (!this.#isFinishing) this.#checkpoints.nextRecord(0)
    this.#isFinishing = true
    try {
      // No path stands outside of an aggregate, so there is no record to be read.
      const noRecord = undefined as R
      buffer.add(this.#projected(columns, noRecord))
      return true
    } catch (error) {
      if (error === sliceOver) return false
      throw error
    }
  }

  #whole(record: R): string {
    const copy = this.#table.copy?.(record)
    if (copy !== undefined) return copy + this.#recordDelimiter
    const { names, values } = this.#table.cells(record)
    return this.#write(names, values)
  }

  #projected(columns: readonly Column<R>[], record: R): string {
    const values: Value[] = []
    for (const column of columns) values.push(column.evaluate(record))
    return this.#write(this.#columnNames, values)
  }
}
