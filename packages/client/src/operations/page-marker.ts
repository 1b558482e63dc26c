import type { QueryPair } from '@stowage/protocol'

/** One row of a listing: an object, a version, an upload, or a prefix. */
type NamedEntry =
  | { readonly isPrefix: false; readonly object: string }
  | { readonly isPrefix: true; readonly prefix: string }

interface LastNames {
  readonly object: string | undefined
  readonly prefix: string | undefined
}

function lastNames(entries: readonly NamedEntry[]): LastNames {
  let object: string | undefined
  let prefix: string | undefined
  for (const entry of entries) {
    if (entry.isPrefix) prefix = entry.prefix
    else object = entry.object
  }
  return { object, prefix }
}

/** The last key or the last prefix of a page, whichever is later in the order of bytes. */
export function lastName(entries: readonly NamedEntry[]): string | undefined {
  const { object, prefix } = lastNames(entries)
  if (object === undefined || prefix === undefined) return object ?? prefix
  return Buffer.compare(Buffer.from(object), Buffer.from(prefix)) < 0 ? prefix : object
}

/**
 * The marker of a page whose names came encoded. Ceph encodes the names of versions, but not the
 * marker (18.2, found by listing the key `a+b`): decoded, it would name another key, and the
 * listing would never end. What it names is the last row, so that tells which of the two is meant.
 *
 * @param sent as it stands in the answer
 * @param decoded the same after decoding
 * @param entries the rows, decoded
 */
export function decodedMarker(
  sent: string | undefined,
  decoded: string | undefined,
  entries: readonly NamedEntry[],
): string | undefined {
  if (sent === decoded) return decoded
  const { object, prefix } = lastNames(entries)
  const isLast = (name: string | undefined): boolean => name === object || name === prefix
  return isLast(sent) && !isLast(decoded) ? sent : decoded
}

/** A parameter that only pages behind the first one have. */
export function markerQuery(name: string, value: string | undefined): QueryPair[] {
  return value === undefined ? [] : [[name, value]]
}
