import {
  amzDate,
  canonicalQuery,
  decodeXml,
  encodeUriComponentStrict,
  sha256Hex,
  signHeaders,
  SigningKey,
  stsDocument,
  stsVersion,
  type QueryPair,
  type StsAction,
} from '@stowage/protocol'
import { InvalidResponseError } from '../errors.ts'
import type { Credentials } from './credentials-provider.ts'
import { hostOf, type HttpUrl } from './http-url.ts'
import { clockSkewMs, localExpiration } from './local-expiration.ts'
import type { ProviderAnswer, ProviderConnection } from './provider-http.ts'
import type { ProviderParts } from './provider-parts.ts'
import { stsError } from './sts-error.ts'
import type { StsOptions } from './sts-options.ts'

/** A directory that the service asks in its turn may be slow. */
const timeouts = { connect: 5000, firstByte: 20_000, total: 30_000 } as const
const form = 'application/x-www-form-urlencoded'

/** One call to a security token service. */
export interface StsCall {
  readonly action: StsAction
  readonly url: HttpUrl
  readonly parameters: readonly QueryPair[]
  /** Parameters in the query: MinIO finds AssumeRoleWithCertificate by that. */
  readonly inQuery?: boolean | undefined
  /** AssumeRole alone is signed; the other calls prove who asks by their parameters or by TLS. */
  readonly signedBy?: { readonly credentials: Credentials; readonly region: string } | undefined
  /** What must never stand in an error, should the service repeat it. */
  readonly secrets: readonly string[]
  readonly connection: ProviderConnection
}

/** The connection that the options of a call ask for. */
export function stsConnection({ tls, dispatcher }: StsOptions): ProviderConnection {
  return { timeouts, proxied: true, tls, dispatcher }
}

/**
 * Asks for temporary keys.
 *
 * @throws S3Error when the service refuses
 * @throws InvalidResponseError when it answers something else
 */
export async function callSts(call: StsCall, parts: ProviderParts): Promise<Credentials> {
  let answer = await send(call, parts, 0)
  const skewMs = clockSkewMs(answer.reply.headers, parts.clock)
  if (call.signedBy !== undefined && answer.reply.status >= 400 && skewMs !== 0) {
    // A signature with a wrong time is refused under several codes; the answer tells the time.
    answer = await send(call, parts, skewMs)
  }
  const { reply, attempts } = answer
  if (reply.status !== 200) throw stsError(call, reply, attempts)
  try {
    const { credentials } = decodeXml(stsDocument(call.action), reply.body).result
    return {
      accessKey: credentials.accessKeyId,
      secretKey: credentials.secretAccessKey,
      sessionToken: credentials.sessionToken,
      expiration: localExpiration(credentials.expiration, reply.headers, parts.clock),
    }
  } catch {
    // The cause might quote the keys.
    throw new InvalidResponseError(call.action, 'the answer holds no keys')
  }
}

function send(call: StsCall, parts: ProviderParts, skewMs: number): Promise<ProviderAnswer> {
  const { url, action, inQuery = false, connection } = call
  const parameters: readonly QueryPair[] = [
    ['Action', action],
    ['Version', stsVersion],
    ...call.parameters,
  ]
  const body = inQuery ? '' : formText(parameters)
  const headers: Record<string, string> = { host: hostOf(url) }
  if (!inQuery) headers['content-type'] = form
  if (call.signedBy) sign(call.signedBy, url, headers, body, parts.clock.nowMs() + skewMs)
  return parts.send({
    url: inQuery ? { ...url, target: `${url.target}?${canonicalQuery(parameters)}` } : url,
    method: 'POST',
    headers,
    body,
    connection,
  })
}

function sign(
  { credentials, region }: NonNullable<StsCall['signedBy']>,
  url: HttpUrl,
  headers: Record<string, string>,
  body: string,
  nowMs: number,
): void {
  const date = amzDate(new Date(nowMs))
  const payloadHash = sha256Hex(body)
  headers['x-amz-date'] = date
  headers['x-amz-content-sha256'] = payloadHash
  if (credentials.sessionToken !== undefined) {
    headers['x-amz-security-token'] = credentials.sessionToken
  }
  const scope = { day: date.slice(0, 8), region, service: 'sts' }
  headers['authorization'] = signHeaders(
    new SigningKey(credentials.secretKey, scope),
    credentials.accessKey,
    { method: 'POST', path: url.target, query: '', headers, amzDate: date, payloadHash },
  ).authorization
}

function formText(parameters: readonly QueryPair[]): string {
  return parameters.map(([name, value]) => `${name}=${encodeUriComponentStrict(value)}`).join('&')
}
