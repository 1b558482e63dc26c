import { checkSignal } from '../checks.ts'
import type { CallOptions } from '../options.ts'
import type { Send } from '../request/request.ts'
import type { FetchPage, PagedRequest, PageMarker } from '../results/listing.ts'

/** Fetches the pages of a listing; each request ends with the listing or the caller's signal. */
export function pageFetcher<T>(
  send: Send,
  request: PagedRequest<T>,
  options: CallOptions,
): FetchPage<T, PageMarker> {
  return (marker, signal) => send(request.page(...(marker ?? [])), within(options, signal))
}

/** The options of one request of many: it ends with `signal` as well as with the caller's own. */
export function within(options: CallOptions, signal: AbortSignal): CallOptions {
  if (options.signal === undefined) return { ...options, signal }
  checkSignal(options.signal)
  return { ...options, signal: AbortSignal.any([options.signal, signal]) }
}
