import { InvalidArgumentError } from '../errors.ts'
import type { Credentials, CredentialsProvider } from './credentials-provider.ts'

const visible = /^[\x21-\x7e]+$/

/** Refuses what a header cannot carry, and the blank or newline that pasting leaves behind. */
export function checkCredentials(credentials: Credentials): void {
  if (typeof credentials.accessKey !== 'string' || !visible.test(credentials.accessKey)) {
    throw new InvalidArgumentError('accessKey', 'must be given, in visible ASCII without blanks')
  }
  const secret: unknown = credentials.secretKey
  if (typeof secret !== 'string' || secret === '' || secret !== secret.trim()) {
    throw new InvalidArgumentError('secretKey', 'must be given, without blanks around it')
  }
  const token: unknown = credentials.sessionToken
  if (token !== undefined && (typeof token !== 'string' || !visible.test(token))) {
    throw new InvalidArgumentError('sessionToken', 'must be visible ASCII, without blanks')
  }
}

/**
 * Always the same keys.
 * @throws InvalidArgumentError for keys that cannot be right
 */
export function staticCredentials(
  accessKey: string,
  secretKey: string,
  sessionToken?: string,
): CredentialsProvider {
  const credentials: Credentials = { accessKey, secretKey, sessionToken }
  checkCredentials(credentials)
  return () => Promise.resolve(credentials)
}
