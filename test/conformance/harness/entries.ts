import type { ListingEntry, VersionListingEntry } from 'stowage'

/** What stands in a row of a listing: the key of an object, or a prefix. */
export function nameOf(entry: ListingEntry | VersionListingEntry): string {
  return entry.isPrefix ? entry.prefix : entry.object
}

/** Names of the rows, in the order of the listing; prefixes like `prefix: a/`. */
export function rowsOf(entries: readonly (ListingEntry | VersionListingEntry)[]): string[] {
  return entries.map((entry) => (entry.isPrefix ? `prefix: ${entry.prefix}` : entry.object))
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
