import type { ByteRange, Database, RecordWalk } from './database.ts'

/** A record of a listing in which a key may have several. */
export interface Row {
  readonly key: string
  /** What orders the rows of one key. */
  readonly order: string
  readonly name: string
  readonly bytes: Buffer
}

/** Where rows come from: one range of records in the order of the keys. */
export interface RowRange {
  readonly range: ByteRange
  parse(name: string): { readonly key: string; readonly order: string }
  /** How the names begin whose keys begin with `prefix`. */
  start(prefix: string): string
}

export interface RowQuery {
  readonly prefix: string
  readonly delimiter: string
  /** The key, or the common prefix, that the last page ended with; empty for the first page. */
  readonly keyMarker: string
  /** At most this many entries, rows and common prefixes together. */
  readonly limit: number
}

export type RowEntry<T> =
  | { readonly kind: 'row'; readonly key: string; readonly value: T }
  | { readonly kind: 'prefix'; readonly key: string }

export interface RowPage<T> {
  readonly entries: readonly RowEntry<T>[]
  /** Whether entries follow behind the last one. */
  readonly truncated: boolean
}

/**
 * One page of the rows of all ranges, by key; rows of one key come in the order of the ranges.
 * Behind a common prefix the walks seek past its keys.
 * @param read makes the value of a row; undefined leaves the row out
 */
export async function listRows<T>(
  database: Database,
  ranges: readonly RowRange[],
  query: RowQuery,
  read: (row: Row) => T | undefined,
): Promise<RowPage<T>> {
  if (query.limit === 0) return { entries: [], truncated: false }
  const joined = database.walkTogether(ranges.map(({ range }) => range))
  const mostRows = Math.min(batchSizes.most, query.limit + 1)
  try {
    return await gather(
      new RowMerge(joined.walks.map((walk, index) => new RowSource(walk, ranges[index], mostRows))),
      query,
      read,
    )
  } finally {
    await joined.close()
  }
}

/** Records asked of the store at a time; few after a walk has had to seek past a common prefix. */
const batchSizes = { least: 16, most: 128 } as const

async function gather<T>(
  rows: RowMerge,
  query: RowQuery,
  read: (row: Row) => T | undefined,
): Promise<RowPage<T>> {
  const entries: RowEntry<T>[] = []
  for (let row = await rows.next(); row !== undefined; row = await rows.next()) {
    const common = commonPrefix(row.key, query)
    // A row of the marker's key that is left out does not make its common prefix an entry either.
    const isRead = common === undefined || row.key === query.keyMarker
    const value = isRead ? read(row) : undefined
    if (isRead && value === undefined) continue
    if (common !== undefined) rows.seekBehind(common)
    // The page before ended with this common prefix: all its keys are before this page.
    if (common === query.keyMarker) continue
    if (entries.length === query.limit) return { entries, truncated: true }
    if (common !== undefined) entries.push({ kind: 'prefix', key: common })
    else if (value !== undefined) entries.push({ kind: 'row', key: row.key, value })
  }
  return { entries, truncated: false }
}

function commonPrefix(key: string, { prefix, delimiter }: RowQuery): string | undefined {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
  return end === -1 ? undefined : key.slice(0, end + delimiter.length)
}

interface PeekedRow extends Row {
  readonly keyBytes: Buffer
}

class RowMerge {
  readonly #sources: readonly RowSource[]

  constructor(sources: readonly RowSource[]) {
    this.#sources = sources
  }

  async next(): Promise<Row | undefined> {
    let first: PeekedRow | undefined
    let source: RowSource | undefined
    for (const candidate of this.#sources) {
      const row = await candidate.peek()
      if (row === undefined) continue
      if (first !== undefined && Buffer.compare(first.keyBytes, row.keyBytes) <= 0) continue
      first = row
      source = candidate
    }
    source?.advance()
    return first
  }

  seekBehind(prefix: string): void {
    for (const source of this.#sources) source.seekBehind(prefix)
  }
}

class RowSource {
  readonly #walk: RecordWalk
  readonly #range: RowRange | undefined
  readonly #mostRows: number
  #batchRows: number
  #batch: readonly (readonly [Buffer, Buffer])[] = []
  #index = 0
  #ended = false
  #peeked: PeekedRow | undefined

  constructor(walk: RecordWalk, range: RowRange | undefined, mostRows: number) {
    this.#walk = walk
    this.#range = range
    this.#mostRows = mostRows
    this.#batchRows = mostRows
  }

  async peek(): Promise<PeekedRow | undefined> {
    if (this.#peeked !== undefined) return this.#peeked
    if (this.#index === this.#batch.length && !this.#ended) await this.#fill()
    const record = this.#batch[this.#index]
    if (record === undefined || this.#range === undefined) return undefined
    this.#index += 1
    const name = record[0].toString('utf8')
    const { key, order } = this.#range.parse(name)
    this.#peeked = { key, order, name, bytes: record[1], keyBytes: Buffer.from(key) }
    return this.#peeked
  }

  async #fill(): Promise<void> {
    this.#batch = await this.#walk.nextv(this.#batchRows)
    this.#batchRows = Math.min(this.#mostRows, this.#batchRows * 2)
    this.#index = 0
    this.#ended = this.#batch.length === 0
  }

  advance(): void {
    this.#peeked = undefined
  }

  /** Passes over what is left of the keys that begin with `prefix`. */
  seekBehind(prefix: string): void {
    const target = behindAll(this.#range?.start(prefix) ?? '')
    const ahead = this.#batch.findIndex(
      ([name], index) => index >= this.#index && Buffer.compare(name, target) > 0,
    )
    if (this.#peeked !== undefined && !this.#peeked.key.startsWith(prefix)) return
    this.#peeked = undefined
    if (ahead !== -1) {
      this.#index = ahead
      return
    }
    this.#batch = []
    this.#index = 0
    this.#batchRows = Math.min(batchSizes.least, this.#mostRows)
    if (!this.#ended) this.#walk.seek(target)
  }
}

/** A range whose ends cross is refused by some stores; this gives an empty one instead. */
export function rangeFrom(start: Buffer, exclusive: boolean, lt: Buffer): ByteRange {
  if (Buffer.compare(start, lt) >= 0) return { gte: lt, lt }
  return exclusive ? { gt: start, lt } : { gte: start, lt }
}

/** Behind every name that starts with `text`: no UTF-8 text holds the byte FF. */
export function behindAll(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.from([0xff])])
}
