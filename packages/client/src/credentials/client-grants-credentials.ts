import type { CredentialsProvider } from './credentials-provider.ts'
import { tokenSource, type IdentityTokenOptions } from './identity-token.ts'
import { systemParts, type ProviderParts } from './provider-parts.ts'
import { callSts, stsConnection } from './sts.ts'
import { maxSessionSeconds, stsParameters, stsUrl, type StsOptions } from './sts-options.ts'

/** Options of `clientGrantsCredentials`. */
export interface ClientGrantsOptions extends StsOptions, IdentityTokenOptions {}

/**
 * Temporary keys for the access token of a program (OAuth client credentials), by MinIO's
 * `AssumeRoleWithClientGrants`.
 *
 * @throws InvalidArgumentError for wrong options, at once
 * @example
 * ```ts
 * const client = new Client({
 *   endpoint: 'https://play.min.io',
 *   credentials: clientGrantsCredentials({
 *     endpoint: 'https://play.min.io',
 *     tokenFile: '/var/run/secrets/token',
 *   }),
 * })
 * ```
 */
export function clientGrantsCredentials(options: ClientGrantsOptions): CredentialsProvider {
  return clientGrantsProvider(options, systemParts)
}

/** `clientGrantsCredentials` with its surroundings. */
export function clientGrantsProvider(
  options: ClientGrantsOptions,
  parts: ProviderParts,
): CredentialsProvider {
  const url = stsUrl(options.endpoint)
  const shared = stsParameters(options, maxSessionSeconds)
  const tokenOf = tokenSource(options)
  const connection = stsConnection(options)
  return async () => {
    const { token } = await tokenOf()
    return callSts(
      {
        action: 'AssumeRoleWithClientGrants',
        url,
        parameters: [['Token', token], ...shared],
        secrets: [token],
        connection,
      },
      parts,
    )
  }
}
