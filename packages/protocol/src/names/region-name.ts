/** Short enough for a label of a host name, and longer than any region in use. */
const maxLength = 32

/**
 * What is wrong with a region name, as a sentence without subject; undefined when usable.
 *
 * Regions that a server names end in host names and signatures, so a hostile server must not get
 * `evil.example/#` in: letters, digits, `-` and `_` only. Upper case and `_` cannot lead a host
 * elsewhere; the old constraint `EU` and self-chosen names of private stores need them.
 */
export function regionNameProblem(region: unknown): string | undefined {
  if (typeof region !== 'string') return 'must be a string'
  if (region.length === 0) return 'must not be empty'
  if (region.length > maxLength) return `must have at most ${maxLength} characters`
  return /^[A-Za-z0-9_-]+$/.test(region) ? undefined : 'may hold only letters, digits, - and _'
}

/** Whether the region may stand in a host name: the form of every AWS region. */
export function isHostableRegion(region: string): boolean {
  return /^[a-z0-9-]{1,32}$/.test(region)
}
