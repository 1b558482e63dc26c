/**
 * The bare entity tag: without quotes and without the weakness mark `W/`. Stores write ETags with
 * and without quotes; inside the program they have none.
 *
 * @example
 * unquoteEtag('"d41d8cd98f00b204e9800998ecf8427e"') // 'd41d8cd98f00b204e9800998ecf8427e'
 */
export function unquoteEtag(etag: string): string {
  const start = etag.startsWith('W/"') ? 2 : 0
  const isQuoted = etag.length >= start + 2 && etag[start] === '"' && etag.endsWith('"')
  return isQuoted ? etag.slice(start + 1, -1) : etag
}

/** The entity tag as headers and XML have it. A tag that is quoted, and `*`, stay as they are. */
export function quoteEtag(etag: string): string {
  const isReady = etag === '*' || (etag.endsWith('"') && /^(?:W\/)?".*"$/s.test(etag))
  return isReady ? etag : `"${etag}"`
}
