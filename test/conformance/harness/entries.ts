import type { ListingEntry, VersionListingEntry } from 'stowage'

/** What stands in a row of a listing: the key of an object, or a prefix. */
export function nameOf(entry: ListingEntry | VersionListingEntry): string {
  return entry.isPrefix ? entry.prefix : entry.object
}

const isBefore = (a: string, b: string): boolean =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0

/**
 * Names of the rows, prefixes like `prefix: a/`. Objects are in order, and so are prefixes; whether
 * a page has the ones behind the others or between them is the store's choice, and not seen here.
 */
export function rowsOf(entries: readonly (ListingEntry | VersionListingEntry)[]): string[] {
  const objects = entries.filter(({ isPrefix }) => !isPrefix).map(nameOf)
  const rows: string[] = []
  for (const entry of entries) {
    if (!entry.isPrefix) continue
    while (objects[0] !== undefined && isBefore(objects[0], entry.prefix)) {
      rows.push(...objects.splice(0, 1))
    }
    rows.push(`prefix: ${entry.prefix}`)
  }
  return [...rows, ...objects]
}

/** Keys in the order of listings, that of their UTF-8 bytes. */
export function inKeyOrder(keys: readonly string[]): string[] {
  return keys
    .map((key) => Buffer.from(key))
    .sort((a, b) => Buffer.compare(a, b))
    .map(String)
}

/** Runs something for each item, a few at a time. */
export async function forEach<T>(
  items: readonly T[],
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = items.values()
  const worker = async (): Promise<void> => {
    for (const item of left) await run(item)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}
