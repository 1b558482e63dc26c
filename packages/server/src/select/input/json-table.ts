import type { Binder } from '../query/evaluate.ts'
import { NestedBinder, recordsIn } from '../query/nested-path.ts'
import type { PathStep, Statement } from '../sql/ast.ts'
import { isStruct, structEntries, type Value } from '../values/value.ts'
import { RangeTracker, type ByteRange } from './byte-range.ts'
import { JsonLines } from './json-lines.ts'
import { JsonScanner } from './json-scanner.ts'
import { exactNumber, parseJson } from './json-values.ts'
import type { Batch, Cells, Table } from './table.ts'

/** Whether values stand anywhere, or one on each line. */
export type JsonType = 'DOCUMENT' | 'LINES'

export interface JsonTableOptions {
  readonly type: JsonType
  readonly range: ByteRange | undefined
}

/** A record in a box: a record itself can be MISSING. */
export interface Row {
  value: Value
}

/** Opens JSON. @throws S3Failure, also while it is read */
export function openJson(
  text: AsyncGenerator<string>,
  statement: Statement,
  { type, range }: JsonTableOptions,
): Table<Row> {
  const tracker = range === undefined ? undefined : new RangeTracker(range)
  const cutter = type === 'LINES' ? new JsonLines(tracker) : new JsonScanner()
  return {
    binder: rowBinder(new NestedBinder(statement, exactNumber)),
    cells: (row) => cellsOf(row.value),
    batches: batchesOf(cutter, text, new JsonBatch(cutter, statement.from)),
  }
}

function rowBinder(binder: NestedBinder): Binder<Row> {
  return {
    bind: (steps) => {
      const evaluate = binder.bind(steps)
      return (row) => evaluate(row.value)
    },
  }
}

async function* batchesOf(
  cutter: JsonLines | JsonScanner,
  text: AsyncGenerator<string>,
  batch: Batch<Row>,
): AsyncGenerator<Batch<Row>> {
  for await (const chunk of text) {
    cutter.push(chunk)
    yield batch
    if (cutter instanceof JsonLines && cutter.isBehindRange) return
  }
  cutter.end()
  yield batch
}

class JsonBatch implements Batch<Row> {
  size = 0
  readonly #cutter: JsonLines | JsonScanner
  readonly #from: readonly PathStep[]
  readonly #row: Row = { value: undefined }
  #expanded: Iterator<Value> | undefined

  constructor(cutter: JsonLines | JsonScanner, from: readonly PathStep[]) {
    this.#cutter = cutter
    this.#from = from
  }

  next(): Row | undefined {
    for (;;) {
      const item = this.#expanded?.next()
      if (item?.done === false) return this.#fill(item.value)
      this.#expanded = undefined
      const text = this.#cutter.next()
      if (text === undefined) return undefined
      this.size = text.length
      const value = parseJson(text)
      if (this.#from.length === 0) return this.#fill(value)
      this.#expanded = recordsIn(value, this.#from)
    }
  }

  #fill(value: Value): Row {
    this.#row.value = value
    return this.#row
  }
}

/** The columns of a record: an object has its members, all else is one column. */
export function cellsOf(value: Value): Cells {
  if (value === undefined) return { names: [], values: [] }
  if (!isStruct(value)) return { names: ['_1'], values: [value] }
  const names: string[] = []
  const values: Value[] = []
  for (const [name, item] of structEntries(value)) {
    names.push(name)
    values.push(item)
  }
  return { names, values }
}
