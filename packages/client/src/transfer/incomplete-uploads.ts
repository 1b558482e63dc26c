import type { CommonPrefix, UploadEntry } from '@stowage/protocol'
import { checkBucket, checkObject } from '../checks.ts'
import { isS3Error } from '../errors.ts'
import { abortMultipartUpload } from '../operations/abort-multipart-upload.ts'
import {
  listMultipartUploads,
  type ListIncompleteUploadsOptions,
} from '../operations/list-multipart-uploads.ts'
import { listParts } from '../operations/list-parts.ts'
import type { CallOptions } from '../options.ts'
import type { Send } from '../request/request.ts'
import { Listing, type PagedRequest, type PageMarker } from '../results/listing.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { pageFetcher, sendWithin } from './page-fetcher.ts'

/** An upload that was begun, and neither completed nor aborted. */
export interface IncompleteUpload extends UploadEntry {
  /** Of all parts that have arrived. */
  readonly sizeBytes: number
}

/** One row of a listing of uploads, told apart by `isPrefix`. */
export type IncompleteUploadEntry = IncompleteUpload | CommonPrefix

const requestsAtOnce = 8

async function sizeOf(
  send: Send,
  bucket: string,
  upload: UploadEntry,
  options: CallOptions,
): Promise<number> {
  const address = { bucket, object: upload.object, uploadId: upload.uploadId }
  const parts = Listing.of('ListParts', (marker: number | undefined, signal) =>
    sendWithin(send, listParts(address, marker), options, signal),
  )
  let sizeBytes = 0
  for await (const part of parts) sizeBytes += part.sizeBytes
  return sizeBytes
}

/** Undefined where the upload was completed or aborted since it was listed. */
async function withSize(
  send: Send,
  bucket: string,
  upload: UploadEntry,
  options: CallOptions,
): Promise<IncompleteUpload | undefined> {
  try {
    return { ...upload, sizeBytes: await sizeOf(send, bucket, upload, options) }
  } catch (error) {
    if (isS3Error(error, 'NoSuchUpload')) return undefined
    throw error
  }
}

/** The uploads of a bucket, with their sizes, which take at least one more request each. */
export function listIncompleteUploads(
  send: Send,
  bucket: string,
  options: ListIncompleteUploadsOptions,
): Listing<IncompleteUploadEntry> {
  const uploads = listMultipartUploads(bucket, options)
  const fetch = pageFetcher(send, uploads, options)
  const sized = async (
    entry: UploadEntry | CommonPrefix,
    signal: AbortSignal,
  ): Promise<IncompleteUploadEntry | undefined> =>
    entry.isPrefix ? entry : withSize(send, bucket, entry, { ...options, signal })
  return Listing.of(uploads.operation, async (marker: PageMarker | undefined, signal) => {
    const { entries, next } = await fetch(marker, signal)
    const found: IncompleteUploadEntry[] = []
    for await (const entry of mapConcurrently(entries, requestsAtOnce, signal, sized)) {
      if (entry) found.push(entry)
    }
    return { entries: found, next }
  })
}

/**
 * Aborts every upload of exactly this key. All of them are listed before the first is aborted: a
 * marker that names an upload which is gone might not be understood.
 */
export async function removeIncompleteUpload(
  send: Send,
  bucket: string,
  object: string,
  options: CallOptions,
): Promise<void> {
  checkBucket(bucket)
  checkObject(object)
  const uploads: PagedRequest<UploadEntry | CommonPrefix> = listMultipartUploads(bucket, {
    prefix: object,
    recursive: true,
  })
  const uploadIds: string[] = []
  for await (const entry of Listing.of(uploads.operation, pageFetcher(send, uploads, options))) {
    if (!entry.isPrefix && entry.object === object) uploadIds.push(entry.uploadId)
  }
  const abort = (uploadId: string, signal: AbortSignal): Promise<void> =>
    send(abortMultipartUpload({ bucket, object, uploadId }), { ...options, signal })
  const aborted = mapConcurrently(uploadIds, requestsAtOnce, options.signal, abort)
  while ((await aborted.next()).done !== true);
}
