import type { Batch, Table } from '../input/table.ts'
import { recordDelimiterOf, recordWriter, type RecordWriter } from '../output/record-writer.ts'
import type { RecordsBuffer } from '../output/records-buffer.ts'
import type { ResultFormat } from '../output/result-format.ts'
import type { Statement } from '../sql/ast.ts'
import type { Value } from '../values/value.ts'
import { compileQuery, type Column, type CompiledQuery } from './compile-query.ts'

/** What a run is made from. */
export interface RunPlan {
  readonly statement: Statement
  readonly output: ResultFormat
}

/** One query on its way through the records of one object. */
export class QueryRun<R> {
  readonly #table: Table<R>
  readonly #query: CompiledQuery<R>
  readonly #write: RecordWriter
  readonly #recordDelimiter: string
  readonly #columnNames: readonly string[]
  #remaining: number

  /** @throws S3Failure where the query does not fit the records */
  constructor({ statement, output }: RunPlan, table: Table<R>, now: Date) {
    this.#table = table
    this.#query = compileQuery(statement, table.binder, now)
    this.#write = recordWriter(output)
    this.#recordDelimiter = recordDelimiterOf(output)
    this.#columnNames = this.#query.columns?.map((column) => column.name) ?? []
    this.#remaining = statement.limit ?? Infinity
  }

  /** Whether LIMIT has been reached, so that nothing more needs to be read. */
  get isDone(): boolean {
    return this.#remaining === 0
  }

  /**
   * Takes records of a batch.
   * @returns true when the buffer is full, false when the batch is at its end, or LIMIT is reached
   */
  takeRecords(batch: Batch<R>, buffer: RecordsBuffer): boolean {
    const { passes, columns, aggregates } = this.#query
    for (let record = batch.next(); record !== undefined; record = batch.next()) {
      if (!passes(record)) continue
      if (aggregates.length > 0) {
        for (const aggregate of aggregates) aggregate.add(record)
        continue
      }
      buffer.add(columns === undefined ? this.#whole(record) : this.#projected(columns, record))
      this.#remaining--
      if (this.#remaining === 0) return false
      if (buffer.isFull) return true
    }
    return false
  }

  /** Gives the record that aggregates make of all. */
  finish(buffer: RecordsBuffer): void {
    const { aggregates, columns } = this.#query
    if (aggregates.length === 0 || columns === undefined || this.isDone) return
    // No path stands outside of an aggregate, so there is no record to be read.
    const noRecord = undefined as R
    buffer.add(this.#projected(columns, noRecord))
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
