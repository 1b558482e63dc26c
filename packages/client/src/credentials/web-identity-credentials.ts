import type { QueryPair } from '@stowage/protocol'
import { checkInteger } from '../checks.ts'
import type { CredentialsProvider } from './credentials-provider.ts'
import { tokenSource, type IdentityTokenOptions } from './identity-token.ts'
import { systemParts, type ProviderParts } from './provider-parts.ts'
import { callSts, stsConnection } from './sts.ts'
import {
  checkRole,
  maxSessionSeconds,
  roleParameters,
  stsParameters,
  stsUrl,
  type StsOptions,
  type StsRoleOptions,
} from './sts-options.ts'

/** Options of `webIdentityCredentials`. */
export interface WebIdentityOptions extends StsOptions, StsRoleOptions, IdentityTokenOptions {}

/**
 * Temporary keys for a token of an OpenID identity provider, by `AssumeRoleWithWebIdentity`.
 *
 * @throws InvalidArgumentError for wrong options, at once
 * @example
 * ```ts
 * declare function currentToken(): Promise<string>
 *
 * const client = new Client({
 *   endpoint: 'https://play.min.io',
 *   credentials: webIdentityCredentials({
 *     endpoint: 'https://play.min.io',
 *     token: currentToken,
 *   }),
 * })
 * ```
 */
export function webIdentityCredentials(options: WebIdentityOptions): CredentialsProvider {
  return webIdentityProvider(options, systemParts)
}

/** `webIdentityCredentials` with its surroundings. */
export function webIdentityProvider(
  options: WebIdentityOptions,
  parts: ProviderParts,
): CredentialsProvider {
  const url = stsUrl(options.endpoint)
  const shared = stsParameters(options, maxSessionSeconds)
  checkRole(options)
  const tokenOf = tokenSource(options)
  const connection = stsConnection(options)
  return async () => {
    const { token, accessToken, durationSeconds } = await tokenOf()
    const parameters: QueryPair[] = [
      ...roleParameters(options, parts.clock.nowMs()),
      ['WebIdentityToken', token],
      ...shared,
    ]
    // MinIO's own, for identity providers that keep the groups of a user to themselves.
    if (accessToken !== undefined) parameters.push(['WebIdentityAccessToken', accessToken])
    if (durationSeconds !== undefined && options.durationSeconds === undefined) {
      checkInteger('durationSeconds', durationSeconds, 1, maxSessionSeconds)
      parameters.push(['DurationSeconds', String(Math.max(durationSeconds, 900))])
    }
    const secrets = [token, accessToken ?? '']
    return callSts(
      { action: 'AssumeRoleWithWebIdentity', url, parameters, secrets, connection },
      parts,
    )
  }
}
