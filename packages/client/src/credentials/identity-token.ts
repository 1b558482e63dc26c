import { checkNotEmpty } from '../checks.ts'
import { CredentialsError, InvalidArgumentError } from '../errors.ts'
import { readSmallFile } from './small-file.ts'

/** A token of an identity provider. */
export interface IdentityToken {
  readonly token: string
  /** Access token, where the service asks the identity provider more about the user. */
  readonly accessToken?: string | undefined
  /** How long keys shall live that are made from this token, in seconds. */
  readonly durationSeconds?: number | undefined
}

/** Where a token comes from; asked anew for each refresh of the keys. */
export interface IdentityTokenOptions {
  /** Gives the current token: the text of it, or with more facts. */
  readonly token?: (() => IdentityTokenResult | Promise<IdentityTokenResult>) | undefined
  /** A file that somebody else keeps up to date, read anew for each refresh. */
  readonly tokenFile?: string | undefined
}

/** What a function that gives tokens returns. */
export type IdentityTokenResult = string | IdentityToken

const maxTokenBytes = 64 * 1024

/** Checks the options and gives the function that asks for a token. */
export function tokenSource(options: IdentityTokenOptions): () => Promise<IdentityToken> {
  const { token, tokenFile } = options
  if ((token === undefined) === (tokenFile === undefined)) {
    throw new InvalidArgumentError('token', 'or tokenFile must be given, and not both')
  }
  if (tokenFile !== undefined) {
    checkNotEmpty('tokenFile', tokenFile)
    return async () => ({ token: await readToken(tokenFile) })
  }
  if (typeof token !== 'function') throw new InvalidArgumentError('token', 'must be a function')
  return async () => {
    const given = await token()
    const result = typeof given === 'string' ? { token: given } : given
    checkNotEmpty('token', result.token)
    return result
  }
}

/**
 * Reads a token from a file, without the line end behind it.
 *
 * @throws CredentialsError when there is no file or nothing in it
 */
export async function readToken(path: string): Promise<string> {
  const file = await readSmallFile(path, maxTokenBytes, 'token-file')
  if (file === undefined) throw new CredentialsError('token-file', `${path} does not exist`)
  const token = file.text.trim()
  if (token === '') throw new CredentialsError('token-file', `${path} is empty`)
  return token
}
