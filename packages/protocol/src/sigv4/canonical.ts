import { encodeUriComponentStrict } from '../encoding/uri.ts'
import { trimBlanks } from './trim-blanks.ts'
import type { HeaderPair, QueryPair } from './types.ts'

/** Compares by code unit, which is byte order for the ASCII that both sides hold. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Sorts encoded `name=value` pairs by name, then by value, and joins them. */
export function joinCanonicalQuery(encoded: (readonly [string, string])[]): string {
  if (encoded.length > 1) encoded.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
  let text = ''
  for (const [name, value] of encoded) text += `${text === '' ? '' : '&'}${name}=${value}`
  return text
}

/**
 * The canonical query string. It is valid on the wire as well, so the client sends
 * exactly what it signed.
 */
export function canonicalQuery(query: readonly QueryPair[]): string {
  return joinCanonicalQuery(encodeQuery(query))
}

/** The pairs percent-encoded, in their order. */
export function encodeQuery(query: readonly QueryPair[]): QueryPair[] {
  return query.map(([name, value]) => [
    encodeUriComponentStrict(name),
    encodeUriComponentStrict(value),
  ])
}

const spaceRuns = / {2,}/g

/** Trims a header value and folds runs of spaces to one, as SigV4 says. */
export function canonicalHeaderValue(value: string): string {
  const trimmed = trimBlanks(value)
  return trimmed.includes('  ') ? trimmed.replace(spaceRuns, ' ') : trimmed
}

export interface CanonicalHeaders {
  /** One `name:value\n` a header, sorted by name. */
  readonly block: string
  /** The names, sorted, joined by `;`. */
  readonly signedHeaders: string
}

/** Canonical headers of pairs in any order; values of one name are joined by `,` in that order. */
export function canonicalHeaders(headers: readonly HeaderPair[]): CanonicalHeaders {
  const values = new Map<string, string>()
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    const earlier = values.get(lower)
    const canonical = canonicalHeaderValue(value)
    values.set(lower, earlier === undefined ? canonical : `${earlier},${canonical}`)
  }
  const names = [...values.keys()].sort(compare)
  let block = ''
  for (const name of names) block += `${name}:${values.get(name)}\n`
  return { block, signedHeaders: names.join(';') }
}

/**
 * The canonical request. `uri` is the encoded path as it is sent: S3 encodes once and
 * never normalises, unlike every other service of AWS.
 */
export function canonicalRequest(
  method: string,
  uri: string,
  query: string,
  headers: CanonicalHeaders,
  payloadHash: string,
): string {
  return `${method}\n${uri}\n${query}\n${headers.block}\n${headers.signedHeaders}\n${payloadHash}`
}
