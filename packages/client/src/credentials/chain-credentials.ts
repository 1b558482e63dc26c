import type { CredentialsProvider } from './credentials-provider.ts'

/** The first provider that has keys; it is asked first from then on. */
export function chainCredentials(
  ...providers: readonly CredentialsProvider[]
): CredentialsProvider {
  let hit: CredentialsProvider | undefined
  return async () => {
    const remembered = await hit?.()
    if (remembered) return remembered
    for (const provider of providers) {
      const credentials = await provider()
      if (!credentials) continue
      hit = provider
      return credentials
    }
    return undefined
  }
}
