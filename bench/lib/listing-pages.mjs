import { KEYS_PER_PAGE, listingPrefix, objectEtag, OBJECT_BYTES } from './payload.mjs'

const PAGE_DIGITS = 6
const HOLE = '#'.repeat(PAGE_DIGITS)

/** One page of entries whose page number is left open, and where those holes are. */
class PageTemplate {
  #bytes
  /** @type {number[]} */
  #holes = []

  /** @param {string} prefix */
  constructor(prefix) {
    const numbers = Array.from({ length: KEYS_PER_PAGE }, (_, index) => index)
    this.#bytes = Buffer.from(numbers.map((index) => entry(prefix, index)).join(''))
    for (let at = -1; (at = this.#bytes.indexOf(HOLE, at + 1)) >= 0;) this.#holes.push(at)
  }

  /** @param {string} digits */
  fill(digits) {
    const bytes = Buffer.from(this.#bytes)
    const replacement = Buffer.from(digits)
    for (const hole of this.#holes) replacement.copy(bytes, hole)
    return bytes
  }
}

/**
 * @param {string} prefix
 * @param {number} index
 */
function entry(prefix, index) {
  const etag = objectEtag.replaceAll('"', '&quot;')
  return (
    `<Contents><Key>${keyOf(prefix, HOLE, index)}</Key>` +
    `<LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>${etag}</ETag>` +
    `<Size>${OBJECT_BYTES}</Size><StorageClass>STANDARD</StorageClass></Contents>`
  )
}

/**
 * @param {string} prefix
 * @param {string} page
 * @param {number} index
 */
function keyOf(prefix, page, index) {
  return `${prefix}${page}/object-${String(index).padStart(5, '0')}.bin`
}

/** @type {Map<number, PageTemplate>} */
const templates = new Map()

/** @param {number} pages */
function templateFor(pages) {
  let template = templates.get(pages)
  if (template === undefined) {
    template = new PageTemplate(listingPrefix(pages))
    templates.set(pages, template)
  }
  return template
}

/**
 * Number of the page that a request asks for: told by the continuation token, or one after the
 * page of the key that `start-after` (version 2) or `marker` (version 1) names.
 *
 * @param {URLSearchParams} query
 */
function pageNumber(query) {
  const token = query.get('continuation-token')
  if (token) return Number(token.slice('page-'.length))
  const after = query.get('marker') || query.get('start-after')
  return after ? Number(after.split('/')[1]) + 1 : 0
}

/** @param {number} page */
function digitsOf(page) {
  return String(page).padStart(PAGE_DIGITS, '0')
}

/**
 * One page of a listing, version 1 or 2, in the words of the S3 API reference.
 *
 * @param {string} bucket
 * @param {URLSearchParams} query
 * @returns {Buffer}
 */
export function listingPage(bucket, query) {
  const prefix = query.get('prefix') ?? ''
  const pages = Number(/^pages-(\d+)\/$/.exec(prefix)?.[1] ?? 1)
  const page = pageNumber(query)
  const last = page + 1 >= pages
  const next = last ? '' : nextElement(query, prefix, page)
  const encoding = query.has('encoding-type') ? '<EncodingType>url</EncodingType>' : ''
  const count = query.has('list-type') ? `<KeyCount>${KEYS_PER_PAGE}</KeyCount>` : ''
  const head =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>${bucket}</Name><Prefix>${prefix}</Prefix>${next}${count}` +
    `<MaxKeys>${KEYS_PER_PAGE}</MaxKeys>${encoding}<IsTruncated>${!last}</IsTruncated>`
  const entries = templateFor(pages).fill(digitsOf(page))
  return Buffer.concat([Buffer.from(head), entries, Buffer.from('</ListBucketResult>')])
}

/**
 * @param {URLSearchParams} query
 * @param {string} prefix
 * @param {number} page
 */
function nextElement(query, prefix, page) {
  if (query.has('list-type')) {
    return `<NextContinuationToken>page-${digitsOf(page + 1)}</NextContinuationToken>`
  }
  return `<NextMarker>${keyOf(prefix, digitsOf(page), KEYS_PER_PAGE - 1)}</NextMarker>`
}
