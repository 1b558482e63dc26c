import { S3Failure } from '../../failure.ts'
import { NestedBinder } from '../query/nested-path.ts'
import type { PathStep, Statement } from '../sql/ast.ts'
import type { Value } from '../values/value.ts'
import type { ByteRange } from './byte-range.ts'
import { cellsOf, type Row } from './json-table.ts'
import { converterFor, placesOfDecimals } from './parquet-values.ts'
import type { ParquetColumn, ParquetGroup, ParquetRows, ParquetWorker } from './parquet-worker.ts'
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
  const { groupCount, columns } = await worker.describe()
  await worker.unmarkDecimals(placesOfDecimals(columns))
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
    batches: batchesOf(worker, groupCount, wanted, range),
    cells: (row) => cellsOf(row.value),
  }
}

/** The columns that a query names; all for `SELECT *`. */
class WantedColumns {
  readonly #statement: Statement
  readonly #columns: readonly ParquetColumn[]
  readonly #names = new Set<string>()
  #wantsAll: boolean

  constructor(statement: Statement, columns: readonly ParquetColumn[]) {
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

  get columns(): readonly ParquetColumn[] {
    if (this.#wantsAll) return this.#columns
    return this.#columns.filter(({ element }) => this.#names.has(element.name.toLowerCase()))
  }
}

async function* batchesOf(
  worker: ParquetWorker,
  groupCount: number,
  wanted: WantedColumns,
  range: ByteRange | undefined,
): AsyncGenerator<Batch<Row>> {
  const { columns } = wanted
  const names = columns.map(({ element }) => element.name)
  const converters = columns.map(converterFor)
  const convert = (raw: readonly unknown[]): Value => {
    const row = new Map<string, Value>()
    for (const [at, name] of names.entries()) row.set(name, converters[at]?.(raw[at]) ?? null)
    return row
  }
  let rowEnd = 0
  for (let index = 0; index < groupCount; index++) {
    const group = await worker.group(index, names)
    const rowCount = checkedRowCount(group)
    const rowStart = rowEnd
    rowEnd += rowCount
    if (range !== undefined && !(group.begin >= range.start && group.begin <= range.end)) continue
    if (names.length === 0) {
      yield new RowBatch(undefined, rowCount, convert)
      continue
    }
    for await (const rows of worker.rows({ columns: names, rowStart, rowEnd })) {
      yield new RowBatch(rows, rows.length, convert)
    }
  }
}

/** @throws S3Failure OverMaxParquetBlockSize, ParquetUnsupportedCompressionCodec */
function checkedRowCount({ rowCount, sizeBytes, codecs: used }: ParquetGroup): number {
  if (rowCount < 0n || rowCount > maxRowsOfGroup) throw new S3Failure('ParquetParsingError')
  if (sizeBytes > maxRowGroupBytes) throw new S3Failure('OverMaxParquetBlockSize')
  if (used.some((codec) => !codecs.has(codec))) {
    throw new S3Failure('ParquetUnsupportedCompressionCodec')
  }
  return Number(rowCount)
}

/** About what a portion of rows weighs; a row that is alone in its portion weighs more. */
const portionCharacters = 64 * 1024

class RowBatch implements Batch<Row> {
  readonly size: number
  readonly #rows: ParquetRows | undefined
  readonly #count: number
  readonly #convert: (raw: readonly unknown[]) => Value
  readonly #row: Row = { value: undefined }
  #at = 0

  /** @param rows undefined where no column is wanted, as for `COUNT(*)` */
  constructor(
    rows: ParquetRows | undefined,
    count: number,
    convert: (raw: readonly unknown[]) => Value,
  ) {
    this.size = rows === undefined ? 0 : Math.ceil(portionCharacters / Math.max(1, count))
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
