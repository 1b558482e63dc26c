import type { QueryPair } from '@stowage/protocol'
import { checkInteger, checkString } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { ClientOptions, TlsOptions } from '../options.ts'
import { splitHttpUrl, type HttpUrl } from './http-url.ts'

/** What all calls to a security token service share. */
export interface StsOptions {
  /**
   * Where the service is: a URL, or `host[:port]` for https. MinIO's is the address of the store
   * itself, that of AWS `https://sts.<region>.amazonaws.com`.
   */
  readonly endpoint: string
  /**
   * How long the keys shall live, in seconds: 900 up to 604,800; AWS takes 43,200 at most. Default:
   * what the service takes, an hour or the life of the token.
   */
  readonly durationSeconds?: number | undefined
  /** A policy (JSON) that narrows what the keys may do. At most 2,048 characters. */
  readonly policy?: string | undefined
  readonly tls?: TlsOptions | undefined
  /** Any undici dispatcher for the call; stays yours to close. */
  readonly dispatcher?: ClientOptions['dispatcher']
}

/** Who the session belongs to, where the service has roles. */
export interface StsRoleOptions {
  /** The role to take on; MinIO does without for its own users. */
  readonly roleArn?: string | undefined
  /**
   * Name of the session in logs: 2 to 64 letters, digits and `_+=,.@-`. Default: one made from the
   * time.
   */
  readonly roleSessionName?: string | undefined
}

const minDurationSeconds = 900
/** AWS, AssumeRole: 12 hours. */
export const maxRoleSeconds = 43_200
/** MinIO, all calls: 7 days. */
export const maxSessionSeconds = 604_800
const maxPolicyLength = 2048
const sessionName = /^[\w+=,.@-]{2,64}$/

/** @throws InvalidArgumentError for anything but a URL or host */
export function stsUrl(endpoint: string): HttpUrl {
  checkString('endpoint', endpoint)
  const url = splitHttpUrl(/^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`)
  if (url === undefined || url.target.includes('?')) {
    throw new InvalidArgumentError('endpoint', 'must be host, host:port or a URL without user')
  }
  return url
}

/** Checks what all calls share and gives it as parameters. */
export function stsParameters(options: StsOptions, maxSeconds: number): QueryPair[] {
  const { durationSeconds, policy } = options
  const parameters: QueryPair[] = []
  if (durationSeconds !== undefined) {
    checkInteger('durationSeconds', durationSeconds, minDurationSeconds, maxSeconds)
    parameters.push(['DurationSeconds', String(durationSeconds)])
  }
  if (policy !== undefined) {
    checkPolicy(policy)
    parameters.push(['Policy', policy])
  }
  return parameters
}

/** The parameters of the role; a session needs a name as soon as there is a role. */
export function roleParameters(options: StsRoleOptions, nowMs: number): QueryPair[] {
  const { roleArn, roleSessionName } = options
  if (roleArn === undefined && roleSessionName === undefined) return []
  const parameters: QueryPair[] = [['RoleSessionName', roleSessionName ?? `stowage-${nowMs}`]]
  if (roleArn !== undefined) parameters.push(['RoleArn', roleArn])
  return parameters
}

export function checkRole({ roleArn, roleSessionName }: StsRoleOptions): void {
  if (roleArn !== undefined && !/^[\x21-\x7e]{1,2048}$/.test(roleArn)) {
    throw new InvalidArgumentError('roleArn', 'must be visible ASCII, without blanks')
  }
  if (roleSessionName !== undefined && !sessionName.test(roleSessionName)) {
    throw new InvalidArgumentError('roleSessionName', 'must be 2 to 64 of A-Z a-z 0-9 _+=,.@-')
  }
}

function checkPolicy(policy: string): void {
  checkString('policy', policy)
  try {
    JSON.parse(policy)
  } catch {
    throw new InvalidArgumentError('policy', 'must be JSON')
  }
  if (policy.length > maxPolicyLength) {
    throw new InvalidArgumentError('policy', `must have at most ${maxPolicyLength} characters`)
  }
}
