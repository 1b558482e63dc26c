import type { FileMetaData, RowGroup, SchemaTree } from 'hyparquet'

import { S3Failure } from '../../failure.ts'
import { NestedBinder } from '../query/nested-path.ts'
import type { PathStep, Statement } from '../sql/ast.ts'
import type { Value } from '../values/value.ts'
import type { ByteRange } from './byte-range.ts'
import { cellsOf, type Row } from './json-table.ts'
import { converterFor, withoutDecimals } from './parquet-values.ts'
import type { ParquetWorker, RowRange } from './parquet-worker.ts'
import type { Batch, Table } from './table.ts'

/** Largest row group, uncompressed: 512 MB (user guide, requirements and limits). */
const maxRowGroupBytes = 512 * 1024 * 1024
const maxRowsOfGroup = 2 ** 31

/** Snappy is in hyparquet, the others are in Node. */
const codecs: ReadonlySet<string> = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI'])

/**
 * Opens Parquet: reads the footer, then row group by row group only the columns that are asked for.
 *
 * @param range where a row group must begin to be read
 * @throws S3Failure
 */
export async function openParquet(
  worker: ParquetWorker,
  statement: Statement,
  range: ByteRange | undefined,
): Promise<Table<Row>> {
  if (statement.from.length > 0) {
    throw new S3Failure('InvalidDataSource', { message: 'Only JSON has paths in FROM.' })
  }
  const { metadata, columns } = await worker.describe()
  await worker.use(withoutDecimals(metadata, columns))
  const wanted = new WantedColumns(statement, columns)
  const binder = new NestedBinder(statement, (value) => value)
  return {
    binder: {
      bind: (steps) => {
        wanted.add(steps)
        const evaluate = binder.bind(steps)
        return (row) => evaluate(row.value)
      },
    },
    batches: batchesOf(worker, metadata, wanted, range),
    cells: (row) => cellsOf(row.value),
  }
}

/** The columns that a query names; all for `SELECT *`. */
class WantedColumns {
  readonly #statement: Statement
  readonly #columns: readonly SchemaTree[]
  readonly #names = new Set<string>()
  #wantsAll: boolean

  constructor(statement: Statement, columns: readonly SchemaTree[]) {
    this.#statement = statement
    this.#columns = columns
    this.#wantsAll = statement.projections === undefined
  }

  add([first, second]: readonly PathStep[]): void {
    if (first?.kind !== 'name') return
    const isRow = first.lower === this.#statement.rowName.toLowerCase() || first.lower === '_1'
    if (isRow && second?.kind !== 'name') this.#wantsAll = true
    this.#names.add(first.lower)
    if (isRow && second?.kind === 'name') this.#names.add(second.lower)
  }

  get columns(): readonly SchemaTree[] {
    if (this.#wantsAll) return this.#columns
    return this.#columns.filter(({ element }) => this.#names.has(element.name.toLowerCase()))
  }
}

async function* batchesOf(
  worker: ParquetWorker,
  metadata: FileMetaData,
  wanted: WantedColumns,
  range: ByteRange | undefined,
): AsyncGenerator<Batch<Row>> {
  const { columns } = wanted
  const names = columns.map(({ element }) => element.name)
  const converters = columns.map(converterFor)
  let rowEnd = 0
  for (const group of metadata.row_groups) {
    const rowCount = checkedRowCount(group, names)
    const rowStart = rowEnd
    rowEnd += rowCount
    if (range !== undefined && !beginsWithin(group, range)) continue
    const rows =
      names.length === 0 ? undefined : await readRows(worker, { columns: names, rowStart, rowEnd })
    yield new RowBatch(rows, rowCount, (raw) => {
      const row = new Map<string, Value>()
      for (const [at, name] of names.entries()) row.set(name, converters[at]?.(raw[at]) ?? null)
      return row
    })
  }
}

/** A row group begins with the first page of a column, which may be that of a dictionary. */
function beginsWithin({ columns }: RowGroup, { start, end }: ByteRange): boolean {
  const pages = columns.flatMap(({ meta_data: column }) =>
    column ? [Number(column.dictionary_page_offset ?? column.data_page_offset)] : [],
  )
  const begin = Math.min(...pages)
  return begin >= start && begin <= end
}

/** @throws S3Failure OverMaxParquetBlockSize, ParquetUnsupportedCompressionCodec */
function checkedRowCount(group: RowGroup, names: readonly string[]): number {
  if (group.num_rows < 0n || group.num_rows > maxRowsOfGroup) {
    throw new S3Failure('ParquetParsingError')
  }
  if (group.total_byte_size > maxRowGroupBytes) throw new S3Failure('OverMaxParquetBlockSize')
  for (const { meta_data: column } of group.columns) {
    const isRead = column !== undefined && names.includes(column.path_in_schema[0] ?? '')
    if (isRead && !codecs.has(column.codec)) {
      throw new S3Failure('ParquetUnsupportedCompressionCodec')
    }
  }
  return Number(group.num_rows)
}

async function readRows(
  worker: ParquetWorker,
  range: RowRange,
): Promise<readonly (readonly unknown[])[]> {
  const rows = await worker.rows(range)
  if (rows.length !== range.rowEnd - range.rowStart) throw new S3Failure('ParquetParsingError')
  return rows
}

class RowBatch implements Batch<Row> {
  readonly #rows: readonly (readonly unknown[])[] | undefined
  readonly #count: number
  readonly #convert: (raw: readonly unknown[]) => Value
  readonly #row: Row = { value: undefined }
  #at = 0

  /** @param rows undefined where no column is wanted, as for `COUNT(*)` */
  constructor(
    rows: readonly (readonly unknown[])[] | undefined,
    count: number,
    convert: (raw: readonly unknown[]) => Value,
  ) {
    this.#rows = rows
    this.#count = count
    this.#convert = convert
  }

  next(): Row | undefined {
    if (this.#at >= this.#count) return undefined
    this.#row.value = this.#convert(this.#rows?.[this.#at] ?? [])
    this.#at++
    return this.#row
  }
}
