import { CredentialsError, TransportError, type TransportErrorKind } from '../errors.ts'
import { replyText } from '../request/reply.ts'
import { containerAddresses } from './container-address.ts'
import type { Credentials, CredentialsProvider } from './credentials-provider.ts'
import { splitHttpUrl, type HttpUrl } from './http-url.ts'
import { readToken } from './identity-token.ts'
import { keysOf, parseJsonObject } from './json-keys.ts'
import { localExpiration } from './local-expiration.ts'
import type { ProviderAnswer } from './provider-http.ts'
import { variable, type Environment, type ProviderParts } from './provider-parts.ts'

const connection = {
  timeouts: { connect: 2000, firstByte: 5000, total: 10_000 },
  proxied: false,
} as const
const relativeOrigin = 'http://169.254.170.2'
const visible = /^[\x20-\x7e]+$/
const unreachable: ReadonlySet<TransportErrorKind> = new Set(['connect', 'connect-timeout'])

/**
 * Keys of a container (ECS, EKS pod identity): `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or
 * `AWS_CONTAINER_CREDENTIALS_FULL_URI`, with `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` or
 * `AWS_CONTAINER_AUTHORIZATION_TOKEN`. Undefined when neither URI is set.
 */
export function containerProvider(
  environment: Environment,
  parts: ProviderParts,
): CredentialsProvider {
  return async () => {
    const url = containerUrl(environment)
    if (url === undefined) return undefined
    const token = await authorization(environment)
    const { reply } = await ask(url, token === undefined ? {} : { authorization: token }, parts)
    if (reply.status !== 200) {
      throw new CredentialsError('container', `the service answered ${reply.status}`, {
        status: reply.status,
      })
    }
    const answer = parseJsonObject(replyText(reply), 'container', 'the answer')
    const keys: Credentials = keysOf(answer, 'Token', 'container')
    if (keys.expiration === undefined) return keys
    return { ...keys, expiration: localExpiration(keys.expiration, reply.headers, parts.clock) }
  }
}

function containerUrl(environment: Environment): HttpUrl | undefined {
  const relative = variable(environment, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')
  const full = variable(environment, 'AWS_CONTAINER_CREDENTIALS_FULL_URI')
  if (relative === undefined && full === undefined) return undefined
  // A relative one that does not begin with a slash would reach into the host.
  const isPath = relative === undefined || relative.startsWith('/')
  const url = isPath
    ? splitHttpUrl(relative === undefined ? (full ?? '') : relativeOrigin + relative)
    : undefined
  if (url === undefined) throw new CredentialsError('container', 'the URI of the service is wrong')
  return url
}

/** The file is read each time: EKS renews the token in it. */
async function authorization(environment: Environment): Promise<string | undefined> {
  const file = variable(environment, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')
  const token =
    file === undefined
      ? variable(environment, 'AWS_CONTAINER_AUTHORIZATION_TOKEN')
      : await readToken(file)
  if (token !== undefined && !visible.test(token)) {
    throw new CredentialsError('container', 'the authorization token is more than one line of text')
  }
  return token
}

/** `localhost` has two addresses, and a service may listen at one of them alone. */
async function ask(
  url: HttpUrl,
  headers: Readonly<Record<string, string>>,
  parts: ProviderParts,
): Promise<ProviderAnswer> {
  const [first, ...others] = await containerAddresses(url, parts)
  const send = (address: string | undefined): Promise<ProviderAnswer> =>
    parts.send({ url, address, method: 'GET', headers, connection })
  let answer = send(first)
  for (const address of others) {
    answer = answer.catch((error: unknown) => {
      if (error instanceof TransportError && unreachable.has(error.kind)) return send(address)
      throw error
    })
  }
  return answer
}
