import { checkNotEmpty, checkText } from '../checks.ts'
import type { CredentialsProvider } from './credentials-provider.ts'
import { systemParts, type ProviderParts } from './provider-parts.ts'
import { callSts, stsConnection } from './sts.ts'
import { maxSessionSeconds, stsParameters, stsUrl, type StsOptions } from './sts-options.ts'

/** Options of `ldapCredentials`. */
export interface LdapOptions extends StsOptions {
  /** Name of the user in the directory (LDAP, Active Directory). */
  readonly username: string
  readonly password: string
}

/**
 * Temporary keys for a user of a directory, by MinIO's `AssumeRoleWithLDAPIdentity`. Use https: the
 * password goes to the store as it is.
 *
 * @throws InvalidArgumentError for wrong options, at once
 * @example
 * ```ts
 * const client = new Client({
 *   endpoint: 'https://play.min.io',
 *   credentials: ldapCredentials({
 *     endpoint: 'https://play.min.io',
 *     username: 'ada',
 *     password: 'her password',
 *   }),
 * })
 * ```
 */
export function ldapCredentials(options: LdapOptions): CredentialsProvider {
  return ldapProvider(options, systemParts)
}

/** `ldapCredentials` with its surroundings. */
export function ldapProvider(options: LdapOptions, parts: ProviderParts): CredentialsProvider {
  const { username, password } = options
  const url = stsUrl(options.endpoint)
  const shared = stsParameters(options, maxSessionSeconds)
  for (const [name, value] of Object.entries({ username, password })) {
    checkText(name, value)
    checkNotEmpty(name, value)
  }
  const connection = stsConnection(options)
  return () =>
    callSts(
      {
        action: 'AssumeRoleWithLDAPIdentity',
        url,
        parameters: [['LDAPUsername', username], ['LDAPPassword', password], ...shared],
        secrets: [password],
        connection,
      },
      parts,
    )
}
