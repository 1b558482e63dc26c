import { createHash } from 'node:crypto'

/** Size of the small object that is put, got and looked at. */
export const OBJECT_BYTES = 4096

/** The small object: the same bytes on both sides, so that its ETag is true. */
export const objectBody = Buffer.alloc(OBJECT_BYTES, 'stowage ')

/** ETag of the small object with the quotes that HTTP wants. */
export const objectEtag = `"${createHash('md5').update(objectBody).digest('hex')}"`

export const BYTES_PER_MIB = 1024 * 1024

/** What streams give at a time, as Node's own file streams do. */
export const CHUNK_BYTES = 64 * 1024

/** ETag of a large object and of its parts: no MD5, as those of multipart uploads are none. */
export const opaqueEtag = '"5bf0e1c2d3a4958677869504a3b2c1d0-2"'

/**
 * Key of an object that the server makes up as it sends it: the key says how large it is.
 *
 * @param {number} mib
 */
export function bulkKey(mib) {
  return `bulk/${mib * BYTES_PER_MIB}.bin`
}

/**
 * Bytes of the object that a request is for; undefined when it is for none of `bulkKey`.
 *
 * @param {string} target  request target as it stood on the wire
 */
export function bulkObjectBytes(target) {
  const digits = /^\/[^/?]+\/bulk\/(\d+)\.bin(?:\?|$)/.exec(target)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

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
