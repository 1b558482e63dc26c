import type { CredentialsProvider } from './credentials-provider.ts'

/**
 * The first provider that has keys; it is asked first from then on. One that fails, as opposed to
 * one that has none, ends the search: going on would hide a broken file behind other keys.
 *
 * @example
 * ```ts
 * import { envAwsCredentials, iamCredentials } from 'stowage'
 *
 * const client = new Client({
 *   endpoint: 's3.eu-central-1.amazonaws.com',
 *   credentials: chainCredentials(envAwsCredentials(), iamCredentials()),
 * })
 * ```
 */
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
