import { createHash } from 'node:crypto'

/** Size of the small object that is put, got and looked at. */
export const OBJECT_BYTES = 4096

/** The small object: the same bytes on both sides, so that its ETag is true. */
export const objectBody = Buffer.alloc(OBJECT_BYTES, 'stowage ')

/** ETag of the small object with the quotes that HTTP wants. */
export const objectEtag = `"${createHash('md5').update(objectBody).digest('hex')}"`

/** Keys on one page of a listing: the most that S3 gives. */
export const KEYS_PER_PAGE = 1000

/**
 * Prefix that asks the server for a listing of exactly so many pages.
 *
 * @param {number} pages
 */
export function listingPrefix(pages) {
  return `pages-${pages}/`
}
