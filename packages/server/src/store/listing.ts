import type { ByteRange, Database } from './database.ts'
import { objectName, objectRange } from './key-space.ts'
import type { ObjectRecord } from './object-record.ts'
import { decodeRecord } from './records.ts'
import { behindAll, rangeFrom } from './row-listing.ts'

export interface ListingQuery {
  readonly prefix: string
  /** Keys that share their text up to the next delimiter behind the prefix are one entry. */
  readonly delimiter: string
  /** Only entries behind this one, in byte order; a common prefix stands for all its keys. */
  readonly after: string
  /** At most this many entries, keys and common prefixes together. */
  readonly limit: number
}

export type ListingEntry =
  | { readonly kind: 'object'; readonly name: string; readonly record: ObjectRecord }
  | { readonly kind: 'prefix'; readonly name: string }

export interface ListingPage {
  readonly entries: readonly ListingEntry[]
  /** Whether entries follow behind the last one. */
  readonly truncated: boolean
}

/** Records asked of the store at a time; few where most of the last ones lay below a prefix. */
const batchRecords = { least: 16, most: 128 } as const

/**
 * One page of a bucket. Behind a common prefix the walk seeks past its keys, so a page costs what
 * its entries cost, however many keys lie below them.
 */
export async function listObjects(
  database: Database,
  bucket: string,
  query: ListingQuery,
): Promise<ListingPage> {
  if (query.limit === 0) return { entries: [], truncated: false }
  const page = new PageBuilder(objectRange(bucket).gte, query)
  const iterator = database.walk(rangeOf(bucket, query))
  const most = Math.min(batchRecords.most, query.limit + 1)
  const least = Math.min(batchRecords.least, most)
  let size = most
  try {
    for (;;) {
      const before = page.entries.length
      const batch = await iterator.nextv(size)
      if (batch.length === 0) return { entries: page.entries, truncated: false }
      for (const [name, bytes] of batch) {
        if (!page.add(name.toString('utf8'), bytes)) {
          return { entries: page.entries, truncated: true }
        }
      }
      if (page.group !== undefined) iterator.seek(page.group)
      const isDeep = (page.entries.length - before) * 4 < batch.length
      size = isDeep ? least : Math.min(most, size * 2)
    }
  } finally {
    await iterator.close()
  }
}

class PageBuilder {
  readonly entries: ListingEntry[] = []
  readonly #start: string
  readonly #query: ListingQuery
  /** Common prefix of the last record, empty when it was an object. */
  #skip = ''

  constructor(start: string, query: ListingQuery) {
    this.#start = start
    this.#query = query
  }

  /** Where the walk goes on when the last record lay below a common prefix. */
  get group(): Buffer | undefined {
    return this.#skip === '' ? undefined : behindAll(this.#start + this.#skip)
  }

  /** Takes the next record; false when the page is full and the record begins another entry. */
  add(name: string, bytes: Buffer): boolean {
    const key = name.slice(this.#start.length)
    if (this.#skip !== '' && key.startsWith(this.#skip)) return true
    const { delimiter, prefix, after, limit } = this.#query
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const common = end === -1 ? '' : key.slice(0, end + delimiter.length)
    this.#skip = common
    // The last entry of the page before was this common prefix: all its keys are behind us.
    if (common !== '' && common === after) return true
    if (this.entries.length === limit) return false
    if (common === '') {
      const record = decodeRecord<ObjectRecord>(name, bytes)
      this.entries.push({ kind: 'object', name: key, record })
    } else this.entries.push({ kind: 'prefix', name: common })
    return true
  }
}

function rangeOf(bucket: string, query: ListingQuery): ByteRange {
  const first = Buffer.from(objectName(bucket, query.prefix))
  const after = Buffer.from(objectName(bucket, query.after))
  const lt = behindAll(objectName(bucket, query.prefix))
  if (query.after === '' || Buffer.compare(after, first) < 0) return { gte: first, lt }
  return rangeFrom(after, true, lt)
}
