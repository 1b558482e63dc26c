import { InvalidArgumentError, NotSupportedError, S3Error, TransportError } from '../errors.ts'
import { listMultipartUploads } from '../operations/list-multipart-uploads.ts'
import type { CallOptions } from '../options.ts'
import { Deadline } from '../pipeline/deadline.ts'
import type { Send } from '../request/request.ts'
import { Listing } from '../results/listing.ts'
import { pageFetcher } from './page-fetcher.ts'

/** An upload that is to be begun. */
export interface Beginning {
  readonly bucket: string
  readonly object: string
  readonly since: Date
}

/** The search has its own time, for all its pages, within that of the transfer. */
const searchTimeoutMs = 5000
/** S3 refuses clocks that differ by more. */
const maxSkewMs = 15 * 60 * 1000

/** Whether a store may have begun an upload although CreateMultipartUpload failed so. */
export function mayHaveBegun(failure: unknown): boolean {
  if (failure instanceof InvalidArgumentError || failure instanceof NotSupportedError) return false
  if (failure instanceof S3Error) return failure.attempts > 1 || !isRefusal(failure)
  if (failure instanceof TransportError) return failure.attempts > 1 || failure.requestSent
  // The reason of a signal, or an answer that cannot be read.
  return true
}

/** Whether an answer says for certain that nothing was done: a 304 or a 503 does not. */
function isRefusal({ status }: S3Error): boolean {
  return status >= 400 && status < 500
}

/**
 * Whether the store has an upload of the key that may be the one whose beginning was lost. Uploads
 * of others cannot be told apart from it, so none is aborted.
 *
 * @param own the id of the upload that was begun in the end
 * @returns true also where the store does not say
 */
export async function mayBeLeft(
  send: Send,
  { bucket, object, since }: Beginning,
  own: string | undefined,
  options: CallOptions,
): Promise<boolean> {
  const limits = { signal: options.signal, timeout: searchTimeoutMs }
  const deadline = Deadline.of(limits, 0, 'ListMultipartUploads')
  const call = { signal: deadline.signal, region: options.region, timeout: 0 }
  const uploads = listMultipartUploads(bucket, { prefix: object, recursive: true })
  const earliestMs = since.getTime() - maxSkewMs
  try {
    for await (const entry of Listing.of(uploads.operation, pageFetcher(send, uploads, call))) {
      if (entry.isPrefix || entry.object !== object || entry.uploadId === own) continue
      if (entry.initiated === undefined || entry.initiated.getTime() >= earliestMs) return true
    }
    return false
  } catch {
    return true
  } finally {
    deadline.clear()
  }
}
