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
  const pairs = headers.map(([name, value]): HeaderPair => [
    name.toLowerCase(),
    canonicalHeaderValue(value),
  ])
  // Sorting keeps the order of what compares as equal.
  if (pairs.length > 1) pairs.sort(([a], [b]) => compare(a, b))
  let block = ''
  let signedHeaders = ''
  let previous: string | undefined
  for (const [name, value] of pairs) {
    if (name === previous) {
      block += `,${value}`
      continue
    }
    block += previous === undefined ? `${name}:${value}` : `\n${name}:${value}`
    signedHeaders += previous === undefined ? name : `;${name}`
    previous = name
  }
  return { block: block === '' ? '' : `${block}\n`, signedHeaders }
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
