import { readFileSync } from 'node:fs'
import { rootCertificates, type SecureContextOptions } from 'node:tls'
import { Agent, buildConnector, EnvHttpProxyAgent, Pool, type Dispatcher } from 'undici'
import { checkInteger } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { Timeouts, TlsOptions } from '../options.ts'
import { Rest, RestingClient } from './resting-client.ts'

const defaults = { connect: 5000, firstByte: 30_000, idle: 30_000 } as const
const maxTimeoutMs = 2 ** 31 - 1
/** Connections to one host; more requests wait their turn. */
const maxConnections = 64

type Environment = Readonly<Record<string, string | undefined>>

const proxyVariables = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'] as const

/** One of the client's limits in milliseconds, if it can be one. */
export function checkedTimeout(name: keyof Timeouts, value: number): number {
  checkInteger(`timeouts.${name}`, value, 0, maxTimeoutMs)
  return value
}

function timeout(name: keyof typeof defaults, timeouts: Timeouts): number {
  return checkedTimeout(name, timeouts[name] ?? defaults[name])
}

/** `SSL_CERT_FILE` adds authorities to the ones that Node brings, as OpenSSL's tools do. */
function environmentCa(environment: Environment): string[] | undefined {
  const file = environment['SSL_CERT_FILE']
  if (file === undefined || file === '') return undefined
  try {
    return [...rootCertificates, readFileSync(file, 'utf8')]
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InvalidArgumentError('SSL_CERT_FILE', `cannot be read: ${reason}`)
  }
}

/** The type of node:tls wants mutable arrays and Buffers; the values are the same. */
function secureOptions(tls: TlsOptions, environment: Environment): SecureContextOptions {
  const options: Record<string, unknown> = {}
  const ca = tls.ca ?? environmentCa(environment)
  if (ca !== undefined) options['ca'] = ca
  if (tls.cert !== undefined) options['cert'] = tls.cert
  if (tls.key !== undefined) options['key'] = tls.key
  return options
}

/** What a dispatcher is made of. */
export interface DispatcherParts {
  readonly timeouts: Timeouts
  readonly tls: TlsOptions
  readonly environment: Environment
}

/**
 * Gives what makes the dispatchers of a client that was given none. They share what they know of
 * stores, and the sessions of TLS.
 */
export function dispatcherMaker({ timeouts, tls, environment }: DispatcherParts): () => Dispatcher {
  const connect: buildConnector.BuildOptions = {
    timeout: timeout('connect', timeouts),
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
    ...secureOptions(tls, environment),
  }
  const options = {
    connections: maxConnections,
    headersTimeout: timeout('firstByte', timeouts),
    bodyTimeout: timeout('idle', timeouts),
  }
  const rest = new Rest()
  const client = (origin: URL, own: object): Dispatcher => new RestingClient(origin, own, rest)
  const pool = (origin: string | URL, own: object): Dispatcher =>
    new Pool(origin, { ...own, factory: client })
  if (proxyVariables.every((name) => (environment[name] ?? '') === '')) {
    const connector = buildConnector(connect)
    return () => new Agent({ ...options, connect: connector, factory: pool })
  }
  const limited = (own: object): object => ({ ...options, connect, ...own })
  return () =>
    new EnvHttpProxyAgent({
      ...options,
      connect,
      requestTls: connect,
      proxyTls: connect,
      // Proxies mostly open tunnels for TLS alone, and forward what is plain.
      proxyTunnel: false,
      // undici would leave our limits out where it forwards,
      factory: (origin, own) => pool(origin, limited(own)),
      // and wait for minutes for a proxy that says nothing.
      clientFactory: (origin, own) =>
        new Pool(origin, { ...own, headersTimeout: timeout('connect', timeouts) }),
    })
}
