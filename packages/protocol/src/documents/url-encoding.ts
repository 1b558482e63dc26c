/** A key or prefix among the entries of a listing. */
interface NamedEntry {
  readonly object?: string
  readonly prefix?: string
}

/** What `encoding-type=url` encodes in the answers to the four listings. */
export interface UrlEncodableListing {
  readonly encodingType?: string | undefined
  readonly prefix?: string | undefined
  readonly delimiter?: string | undefined
  readonly startAfter?: string | undefined
  readonly marker?: string | undefined
  readonly nextMarker?: string | undefined
  readonly keyMarker?: string | undefined
  readonly nextKeyMarker?: string | undefined
  readonly entries: readonly NamedEntry[]
}

const encodedProperties = [
  'prefix',
  'delimiter',
  'startAfter',
  'marker',
  'nextMarker',
  'keyMarker',
  'nextKeyMarker',
] as const

/**
 * Decodes the keys, prefixes, markers and delimiter of a listing whose answer says
 * `<EncodingType>url`, and gives any other back as it is: some stores ignore the parameter, and
 * their key `a+b` must stay. The result has no `encodingType`, so that decoding twice does no harm.
 *
 * @example
 * import { decodeXml, listObjectsV2Document } from '@stowage/protocol'
 *
 * declare const body: string
 * const page = decodeUrlEncoded(decodeXml(listObjectsV2Document, body))
 */
export function decodeUrlEncoded<Listing extends UrlEncodableListing>(listing: Listing): Listing {
  if (listing.encodingType !== 'url') return listing
  return { ...mapNames(listing, decodeUrlText), encodingType: undefined }
}

/** The reverse of {@link decodeUrlEncoded}, for a server: encodes, and says so in the listing. */
export function encodeUrlEncoded<Listing extends UrlEncodableListing>(listing: Listing): Listing {
  return { ...mapNames(listing, encodeUrlText), encodingType: 'url' }
}

function mapNames<Listing extends UrlEncodableListing>(
  listing: Listing,
  map: (name: string) => string,
): Listing {
  const changes: { -readonly [Property in (typeof encodedProperties)[number]]?: string } = {}
  for (const property of encodedProperties) {
    const value = listing[property]
    if (value !== undefined) changes[property] = map(value)
  }
  return Object.assign({}, listing, changes, { entries: mapEntries(listing.entries, map) })
}

/** Gives the same array back where no entry changes, as on most pages. */
function mapEntries(
  entries: readonly NamedEntry[],
  map: (name: string) => string,
): readonly NamedEntry[] {
  let mapped: NamedEntry[] | undefined
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] ?? {}
    const next = mapEntry(entry, map)
    if (next !== entry) (mapped ??= [...entries])[index] = next
  }
  return mapped ?? entries
}

function mapEntry(entry: NamedEntry, map: (name: string) => string): NamedEntry {
  if (entry.object !== undefined) {
    const object = map(entry.object)
    return object === entry.object ? entry : { ...entry, object }
  }
  if (entry.prefix === undefined) return entry
  const prefix = map(entry.prefix)
  return prefix === entry.prefix ? entry : { ...entry, prefix }
}

/**
 * Decodes one text of a listing: `+` is a space, as in forms; `%20` is one too.
 * What is no encoding of UTF-8, such as `%zz` or `%ff`, stays as it is, since one strange key must
 * not make a page unreadable.
 */
export function decodeUrlText(text: string): string {
  // Cheaper than an expression, and most keys have neither.
  if (!text.includes('%') && !text.includes('+')) return text
  const spaced = text.replaceAll('+', ' ')
  return spaced.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeOctets)
}

function decodeOctets(octets: string): string {
  try {
    return decodeURIComponent(octets)
  } catch {
    return octets
  }
}

/** Encodes like AWS and MinIO: as in forms, but `/` stays readable. */
export function encodeUrlText(text: string): string {
  return encodeURIComponent(text).replace(/%20|%2F|[!'()~]/g, (found) => {
    const replacement = formExceptions.get(found)
    return replacement ?? `%${found.charCodeAt(0).toString(16).toUpperCase()}`
  })
}

const formExceptions: ReadonlyMap<string, string> = new Map([
  ['%20', '+'],
  ['%2F', '/'],
])
