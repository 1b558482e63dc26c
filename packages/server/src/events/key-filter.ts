/** Which keys: those that begin and end so. */
export interface KeyFilter {
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
}

/** Key, prefix and suffix as they are: nothing in them is a wildcard. */
export function matchesKey({ prefix = '', suffix = '' }: KeyFilter, key: string): boolean {
  return key.startsWith(prefix) && key.endsWith(suffix)
}

/** Whether there is a key that both of them match. */
export function filtersOverlap(one: KeyFilter, other: KeyFilter): boolean {
  const [prefix, suffix] = [one.prefix ?? '', one.suffix ?? '']
  const [otherPrefix, otherSuffix] = [other.prefix ?? '', other.suffix ?? '']
  const begins = prefix.startsWith(otherPrefix) || otherPrefix.startsWith(prefix)
  const ends = suffix.endsWith(otherSuffix) || otherSuffix.endsWith(suffix)
  return begins && ends
}

const maxFilterBytes = 1024

/** As MinIO has it. @returns what is wrong with a prefix or suffix */
export function filterProblem(text: string): string | undefined {
  if (Buffer.byteLength(text) > maxFilterBytes) return 'is longer than a key'
  if (text.includes('\\')) return 'holds a backslash'
  const dots = text.split('/').some((segment) => segment === '.' || segment === '..')
  return dots ? 'holds a segment of dots' : undefined
}
