import { S3Failure } from '../../failure.ts'
import type { Binder, Evaluate } from '../query/evaluate.ts'
import type { PathStep, Statement } from '../sql/ast.ts'
import type { ByteRange } from './byte-range.ts'
import { RangeTracker } from './byte-range.ts'
import type { CsvInputDialect } from './csv-dialect.ts'
import { CsvParser, type CsvRecord } from './csv-parser.ts'
import type { Batch, Cells, Table } from './table.ts'

/** What the first record is. */
export type HeaderMode = 'NONE' | 'USE' | 'IGNORE'

export interface CsvTableOptions {
  readonly dialect: CsvInputDialect
  readonly header: HeaderMode
  readonly range: ByteRange | undefined
  /** Whether a record without quotes goes into the result as it stands. */
  readonly copiesPlainLines: boolean
}

/**
 * Opens CSV; reads the header, if there is one.
 * @throws S3Failure
 */
export async function openCsv(
  text: AsyncGenerator<string>,
  statement: Statement,
  options: CsvTableOptions,
): Promise<Table<CsvRecord>> {
  if (statement.from.length > 0) {
    throw new S3Failure('InvalidDataSource', { message: 'Only JSON has paths in FROM.' })
  }
  const { dialect, range, header, copiesPlainLines } = options
  const tracker = range === undefined ? undefined : new RangeTracker(range)
  const parser = new CsvParser(dialect, tracker)
  const names = header === 'NONE' ? undefined : await readHeader(parser, text)
  const usedNames = header === 'USE' ? (names ?? []) : undefined
  const isEmpty = header === 'USE' && names === undefined
  const columns = new ColumnNames(usedNames ?? [])
  return {
    binder: isEmpty ? { bind: () => () => undefined } : new CsvBinder(statement, columns),
    batches: batchesOf(parser, text, header !== 'NONE'),
    cells: (record) => cellsOf(record, columns),
    ...(copiesPlainLines ? { copy: (record: CsvRecord) => copyOf(record) } : {}),
  }
}

async function readHeader(
  parser: CsvParser,
  text: AsyncGenerator<string>,
): Promise<readonly string[] | undefined> {
  for (;;) {
    const chunk = await text.next()
    if (chunk.done === true) parser.end()
    else parser.push(chunk.value)
    const header = parser.header()
    if (header !== undefined || chunk.done === true) return header
  }
}

async function* batchesOf(
  parser: CsvParser,
  text: AsyncGenerator<string>,
  hasBegun: boolean,
): AsyncGenerator<Batch<CsvRecord>> {
  try {
    // What came with the header.
    if (hasBegun) yield parser
    for await (const chunk of text) {
      if (parser.isBehindRange) return
      parser.push(chunk)
      yield parser
    }
    parser.end()
    yield parser
  } finally {
    await text.return(undefined)
  }
}

/** A carriage return within would have to be quoted. */
function copyOf(record: CsvRecord): string | undefined {
  const line = record.plainLine
  return line === undefined || line.includes('\r') ? undefined : line
}

function cellsOf(record: CsvRecord, columns: ColumnNames): Cells {
  const values = record.fields
  return { names: columns.first(values.length), values }
}

const positional = /^_(\d{1,6})$/

/** The names of the columns, from the header and, beyond it, by place. */
class ColumnNames {
  readonly #header: readonly string[]
  #exact: ReadonlyMap<string, number> | undefined
  #anyCase: ReadonlyMap<string, number> | undefined
  #known: readonly string[]

  constructor(header: readonly string[]) {
    this.#header = header
    this.#known = header
  }

  first(count: number): readonly string[] {
    if (count === this.#known.length) return this.#known
    this.#known = Array.from({ length: count }, (_, at) => this.#header[at] ?? `_${at + 1}`)
    return this.#known
  }

  /** @throws S3Failure AmbiguousFieldName, InvalidColumnIndex, MissingHeaders */
  indexOf(name: string, exact: boolean): number {
    const index = exact ? this.#exactIndex(name) : this.#anyCaseIndex(name.toLowerCase())
    if (index === several) throw new S3Failure('AmbiguousFieldName')
    if (index !== undefined) return index
    const place = positional.exec(name)?.[1]
    if (place === undefined)
      throw new S3Failure('MissingHeaders', { message: `There is no column ${name}.` })
    if (Number(place) === 0) throw new S3Failure('InvalidColumnIndex')
    return Number(place) - 1
  }

  #exactIndex(name: string): number | undefined {
    this.#exact ??= indexByName(this.#header)
    return this.#exact.get(name)
  }

  #anyCaseIndex(lower: string): number | undefined {
    this.#anyCase ??= indexByName(this.#header.map((name) => name.toLowerCase()))
    return this.#anyCase.get(lower)
  }
}

/** In the place of an index, where a name stands for several columns. */
const several = -1

function indexByName(names: readonly string[]): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>()
  for (const [index, name] of names.entries())
    indexes.set(name, indexes.has(name) ? several : index)
  return indexes
}

class CsvBinder implements Binder<CsvRecord> {
  readonly #rowName: string
  readonly #columns: ColumnNames

  constructor(statement: Statement, columns: ColumnNames) {
    this.#rowName = statement.rowName.toLowerCase()
    this.#columns = columns
  }

  bind(steps: readonly PathStep[]): Evaluate<CsvRecord> {
    const [first] = steps
    const isOfRow = steps.length > 1 && first?.kind === 'name' && first.lower === this.#rowName
    const [column, ...more] = isOfRow ? steps.slice(1) : steps
    if (column?.kind !== 'name' || more.length > 0) throw new S3Failure('InvalidKeyPath')
    const index = this.#columns.indexOf(column.name, column.exact)
    return (record) => record.field(index)
  }
}
