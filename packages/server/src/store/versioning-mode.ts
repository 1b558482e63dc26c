import type { VersioningConfiguration } from '@stowage/protocol'

/**
 * What a write does with what was there: `off` replaces the one version, `enabled` keeps all,
 * `suspended` replaces the `null` version and keeps the others.
 */
export type VersioningMode = 'off' | 'enabled' | 'suspended'

/** How a bucket keeps versions of a key. Keys that MinIO's extension excludes are as if suspended. */
export function versioningMode(
  configuration: VersioningConfiguration | undefined,
  key: string,
): VersioningMode {
  if (configuration?.status === undefined) return 'off'
  if (configuration.status === 'Suspended' || isExcluded(configuration, key)) return 'suspended'
  return 'enabled'
}

function isExcluded(configuration: VersioningConfiguration, key: string): boolean {
  if (configuration.excludeFolders === true && key.endsWith('/')) return true
  return configuration.excludedPrefixes.some(({ prefix }) => startsLike(key, prefix))
}

/** Whether the key begins like the pattern, in which `*` is any text; takes linear time. */
function startsLike(key: string, pattern: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  if (!key.startsWith(first)) return false
  let position = first.length
  for (const piece of others) {
    const found = key.indexOf(piece, position)
    if (found === -1) return false
    position = found + piece.length
  }
  return true
}
