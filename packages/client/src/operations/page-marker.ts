import { decodeUrlText, type QueryPair } from '@stowage/protocol'
import { InvalidResponseError } from '../errors.ts'
import type { Reply } from '../request/request.ts'

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

/** What a page was asked for: keys that begin so, and after a key where there is a marker. */
interface AskedFor {
  readonly prefix?: string | undefined
  readonly after?: string | undefined
  /** Whether more of the marker's own key may follow, such as versions. */
  readonly isWithinKey?: boolean | undefined
}

/**
 * Gives the rows of a page that are what was asked for; rows are used as paths, and as keys to
 * remove.
 *
 * @throws InvalidResponseError for a key or prefix that is not
 */
export function askedEntries<Entry extends NamedEntry>(
  operation: string,
  entries: readonly Entry[],
  { prefix = '', after, isWithinKey = false }: AskedFor,
): readonly Entry[] {
  if (prefix === '' && after === undefined) return entries
  const marker = after === undefined ? undefined : Buffer.from(after)
  for (const entry of entries) {
    const name = entry.isPrefix ? entry.prefix : entry.object
    const isBelow = name.startsWith(prefix) || decodeUrlText(name).startsWith(prefix)
    // A prefix comes before the keys that it stands for, of which the marker may be one.
    const isAnywhere = entry.isPrefix || marker === undefined
    if (isBelow && (isAnywhere || isBeyond(name, marker, isWithinKey))) continue
    throw new InvalidResponseError(operation, 'a name in the listing is not one that was asked for')
  }
  return entries
}

function isBeyond(name: string, marker: Buffer, isWithinKey: boolean): boolean {
  const order = Buffer.compare(Buffer.from(name), marker)
  return isWithinKey ? order >= 0 : order > 0
}

const truncation = Buffer.from('<IsTruncated')

/** Whether more follows: also after a page that does not say so, and says where it begins. */
export function hasMore(reply: Reply, isTruncated: boolean, next: string | undefined): boolean {
  if (isTruncated || next === undefined || next === '') return isTruncated
  return !Buffer.from(reply.body.buffer, reply.body.byteOffset, reply.body.length).includes(
    truncation,
  )
}

/** A parameter that only pages behind the first one have. */
export function markerQuery(name: string, value: string | undefined): QueryPair[] {
  return value === undefined ? [] : [[name, value]]
}
