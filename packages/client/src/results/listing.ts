import { InvalidResponseError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'

/** One page of a listing. */
export interface Page<T> {
  readonly entries: readonly T[]
}

/** A page, and what asks for the next one; undefined after the last. */
export interface FetchedPage<T, Token> extends Page<T> {
  readonly next: Token | undefined
}

/** Fetches the page at a token; the first one without. */
export type FetchPage<T, Token> = (
  token: Token | undefined,
  signal: AbortSignal,
) => Promise<FetchedPage<T, Token>>

/** Where a page begins: an opaque token or a key; with versions and uploads, an id as well. */
export type PageMarker = readonly [key: string, id?: string | undefined]

/** A listing as plain values: the request for the page at a marker; the first one without. */
export interface PagedRequest<T> {
  readonly operation: string
  readonly page: (key?: string, id?: string) => S3Request<FetchedPage<T, PageMarker>>
}

/**
 * What S3's listings say at the end of a page.
 *
 * @param key where the next page begins
 * @param id of the version or upload behind which it begins; S3 refuses an empty one
 * @throws InvalidResponseError where there is more to come, and nothing says where
 */
export function nextPage(
  operation: string,
  isTruncated: boolean,
  key: string | undefined,
  id?: string,
): PageMarker | undefined {
  if (!isTruncated) return undefined
  if (key === undefined || key === '') {
    throw new InvalidResponseError(operation, 'a page with more to come does not say where')
  }
  return id === undefined || id === '' ? [key] : [key, id]
}

/**
 * A listing, fetched page by page while it is read: lazily, and at most one page ahead.
 * It can be read any number of times; each time asks the store anew.
 *
 * @example
 * ```ts
 * import { Client } from 'stowage'
 *
 * async function print(client: Client): Promise<void> {
 *   for await (const entry of client.listObjectsV2('photos', { recursive: true })) {
 *     if (!entry.isPrefix) console.log(entry.object, entry.sizeBytes)
 *   }
 * }
 * ```
 */
export class Listing<T> implements AsyncIterable<T> {
  readonly #pages: () => PageIterator<T>

  /** Use the client's methods; this is for those who page through something else. */
  static of<T, Token>(operation: string, fetch: FetchPage<T, Token>): Listing<T> {
    return new Listing(() => new Pager(operation, fetch))
  }

  private constructor(pages: () => PageIterator<T>) {
    this.#pages = pages
  }

  /** The entries, one by one. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return new EntryIterator(this.#pages())
  }

  /** The pages as the store sent them. */
  pages(): AsyncIterableIterator<Page<T>> {
    return this.#pages()
  }

  /** All entries in an array. */
  async toArray(): Promise<T[]> {
    const all: T[] = []
    for await (const page of this.pages()) {
      // No spread: a store that knows no pages sends more than a call can have arguments.
      for (const entry of page.entries) all.push(entry)
    }
    return all
  }
}

interface PageIterator<T> extends AsyncIterableIterator<Page<T>> {
  next(): Promise<IteratorResult<Page<T>, undefined>>
  return(): Promise<IteratorReturnResult<undefined>>
  /** Starts fetching the next page, if there is one. */
  prefetch(): void
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Stores send empty pages where they have passed over much; more than so many lead nowhere. */
const maxEmptyPages = 1000

class Pager<T, Token> implements PageIterator<T> {
  readonly #operation: string
  readonly #fetch: FetchPage<T, Token>
  readonly #abort = new AbortController()
  readonly #seen = new Set<string>()
  #emptyPages = 0
  #token: Token | undefined
  #finished = false
  #ahead: Promise<FetchedPage<T, Token>> | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(operation: string, fetch: FetchPage<T, Token>) {
    this.#operation = operation
    this.#fetch = fetch
  }

  prefetch(): void {
    if (this.#finished || this.#ahead) return
    this.#ahead = this.#fetch(this.#token, this.#abort.signal)
    // Whoever takes the page gets the rejection; nobody may be there any more.
    this.#ahead.catch(() => {})
  }

  /** Calls that do not wait for each other are served in turn, as those of a generator are. */
  next(): Promise<IteratorResult<Page<T>, undefined>> {
    const page = this.#turn.then(() => this.#nextPage())
    this.#turn = page.catch(() => {})
    return page
  }

  async #nextPage(): Promise<IteratorResult<Page<T>, undefined>> {
    if (this.#finished) return done
    this.prefetch()
    const ahead = this.#ahead
    try {
      const page = await ahead
      if (!page || this.#finished) return done
      this.#advance(page)
      return { done: false, value: page }
    } catch (error) {
      this.#finished = true
      throw error
    } finally {
      this.#ahead = undefined
    }
  }

  #advance({ entries, next }: FetchedPage<T, Token>): void {
    this.#token = next
    if (next === undefined) {
      this.#finished = true
      return
    }
    this.#emptyPages = entries.length === 0 ? this.#emptyPages + 1 : 0
    if (this.#emptyPages > maxEmptyPages) {
      throw new InvalidResponseError(this.#operation, 'the store sends empty pages without end')
    }
    const id = JSON.stringify(next)
    if (this.#seen.has(id)) {
      throw new InvalidResponseError(this.#operation, 'the store sent the same page token twice')
    }
    this.#seen.add(id)
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#finished = true
    this.#abort.abort(new Error('the listing was left'))
    return Promise.resolve(done)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** Hands entries out; the next page is asked for when half of one is used up. */
class EntryIterator<T> implements AsyncIterator<T, undefined> {
  readonly #pages: PageIterator<T>
  #entries: readonly T[] = []
  #at = 0
  #turningPage: Promise<unknown> | undefined

  constructor(pages: PageIterator<T>) {
    this.#pages = pages
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#turningPage) return this.#turningPage.then(() => this.next())
    const at = this.#at++
    const value = this.#entries[at]
    if (value === undefined) return this.#turnPage()
    if (at === this.#entries.length >> 1) this.#pages.prefetch()
    return Promise.resolve({ done: false, value })
  }

  #turnPage(): Promise<IteratorResult<T, undefined>> {
    const first = this.#nextPage()
    const turned = (): void => {
      this.#turningPage = undefined
    }
    this.#turningPage = first.then(turned, turned)
    return first
  }

  async #nextPage(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const page = await this.#pages.next()
      if (page.done === true) return done
      this.#entries = page.value.entries
      this.#at = 1
      const [value] = this.#entries
      if (value !== undefined) return { done: false, value }
    }
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#entries = []
    return this.#pages.return()
  }
}
