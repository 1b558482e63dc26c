import { CredentialsError, TransportError, type TransportErrorKind } from '../errors.ts'
import { replyText } from '../request/reply.ts'
import { headerValue, type Method, type WireReply } from '../transport/transport.ts'
import type { Credentials } from './credentials-provider.ts'
import type { HttpUrl } from './http-url.ts'
import { keysOf, parseJsonObject, stringAt } from './json-keys.ts'
import { localExpiration } from './local-expiration.ts'
import type { ProviderParts } from './provider-parts.ts'

/** A machine that is no instance of EC2 must not wait long to find that out. */
const connection = {
  timeouts: { connect: 2000, firstByte: 1000, total: 5000 },
  proxied: false,
} as const
const tokenTarget = '/latest/api/token'
const rolesTarget = '/latest/meta-data/iam/security-credentials/'
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds'
const tokenHeader = 'x-aws-ec2-metadata-token'
const tokenTtlSeconds = 21_600
/** Tokens are renewed this long before they end. */
const tokenAheadMs = 5000
const tokenPattern = /^[\x21-\x7e]{1,4096}$/
const rolePattern = /^[\w+=,@-][\w+=,.@-]{0,127}$/

/** No such service here: nobody listens, or the answer does not come through (hop limit). */
const absences: ReadonlySet<TransportErrorKind> = new Set([
  'connect',
  'connect-timeout',
  'deadline',
  'dns',
  'first-byte-timeout',
])
/** What something else at the address, or a service that is turned off, says to the token call. */
const notHere: ReadonlySet<number> = new Set([403, 404, 405])

/** Asks the metadata service of EC2 (IMDSv2) for the keys of the instance's role. */
export class Imds {
  readonly #endpoint: HttpUrl
  readonly #allowV1: boolean
  readonly #parts: ProviderParts
  #token = ''
  #tokenEndsAtMs = -Infinity

  /** @param allowV1 whether requests without a token may be sent where tokens are unknown */
  constructor(endpoint: HttpUrl, allowV1: boolean, parts: ProviderParts) {
    this.#endpoint = endpoint
    this.#allowV1 = allowV1
    this.#parts = parts
  }

  /** Undefined when there is no such service, or the instance has no role. */
  async credentials(): Promise<Credentials | undefined> {
    if (!(await this.#authenticate())) return undefined
    const roles = await this.#get(rolesTarget)
    if (roles === undefined) return undefined
    const role = replyText(roles).trim().split('\n')[0]?.trim() ?? ''
    if (role === '') return undefined
    if (!rolePattern.test(role)) throw new CredentialsError('imds', 'the name of the role is wrong')
    const reply = await this.#get(rolesTarget + role)
    return reply === undefined ? undefined : this.#keys(reply)
  }

  #keys(reply: WireReply): Credentials {
    const answer = parseJsonObject(replyText(reply), 'imds', 'the answer')
    if ((stringAt(answer, 'Code') ?? 'Success') !== 'Success') {
      throw new CredentialsError('imds', 'the service has no keys for the role', { status: 200 })
    }
    const keys = keysOf(answer, 'Token', 'imds')
    if (keys.expiration === undefined) return keys
    const expiration = localExpiration(keys.expiration, reply.headers, this.#parts.clock)
    return { ...keys, expiration }
  }

  /** Sees to a token. False: there is no such service here. */
  async #authenticate(): Promise<boolean> {
    if (this.#parts.clock.nowMs() < this.#tokenEndsAtMs) return true
    let reply: WireReply
    try {
      reply = await this.#send('PUT', tokenTarget, { [ttlHeader]: String(tokenTtlSeconds) })
    } catch (error) {
      if (error instanceof TransportError && absences.has(error.kind)) return false
      throw error
    }
    if (reply.status === 200) {
      this.#keepToken(reply)
      return true
    }
    if (!notHere.has(reply.status)) throw refused(reply.status)
    this.#token = ''
    return this.#allowV1 && reply.status !== 403
  }

  #keepToken(reply: WireReply): void {
    const token = replyText(reply).trim()
    if (!tokenPattern.test(token)) throw new CredentialsError('imds', 'the token is wrong')
    const ttl = headerValue(reply.headers, ttlHeader) ?? ''
    const seconds = /^[0-9]{1,5}$/.test(ttl) ? Number(ttl) : tokenTtlSeconds
    this.#token = token
    this.#tokenEndsAtMs = this.#parts.clock.nowMs() + seconds * 1000 - tokenAheadMs
  }

  /** Undefined for 404: the instance has no role. */
  async #get(target: string, again = true): Promise<WireReply | undefined> {
    const reply = await this.#send(
      'GET',
      target,
      this.#token === '' ? {} : { [tokenHeader]: this.#token },
    )
    if (reply.status === 200) return reply
    if (reply.status === 404) return undefined
    if (reply.status === 401 && again) {
      // The token ended early: the instance was stopped, or its clock was set.
      this.#tokenEndsAtMs = -Infinity
      if (await this.#authenticate()) return this.#get(target, false)
    }
    throw refused(reply.status)
  }

  async #send(
    method: Method,
    target: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<WireReply> {
    const url = { ...this.#endpoint, target }
    const { reply } = await this.#parts.send({ url, method, headers, connection })
    return reply
  }
}

function refused(status: number): CredentialsError {
  return new CredentialsError('imds', `the service answered ${status}`, { status })
}
