import { LinkedSignal } from '../abort.ts'
import { checkSignal } from '../checks.ts'
import type { CallOptions } from '../options.ts'
import type { S3Request, Send } from '../request/request.ts'
import type { FetchPage, PagedRequest, PageMarker } from '../results/listing.ts'

/** Fetches the pages of a listing; each request ends with the listing or the caller's signal. */
export function pageFetcher<T>(
  send: Send,
  request: PagedRequest<T>,
  options: CallOptions,
): FetchPage<T, PageMarker> {
  return (marker, signal) => sendWithin(send, request.page(...(marker ?? [])), options, signal)
}

/** Sends one request of many: it ends with `signal` as well as with the caller's own. */
export async function sendWithin<T>(
  send: Send,
  request: S3Request<T>,
  options: CallOptions,
  signal: AbortSignal,
): Promise<T> {
  if (options.signal === undefined) return send(request, { ...options, signal })
  checkSignal(options.signal)
  const link = new LinkedSignal(options.signal, signal)
  try {
    return await send(request, { ...options, signal: link.signal })
  } finally {
    link.release()
  }
}
