import { ClientClock, systemClock, type Clock } from './clock.ts'
import { CachedCredentials } from './credentials/cached-credentials.ts'
import { chainCredentials } from './credentials/chain-credentials.ts'
import type { CredentialsProvider } from './credentials/credentials-provider.ts'
import { envAwsCredentials, envMinioCredentials } from './credentials/env-credentials.ts'
import { staticCredentials } from './credentials/static-credentials.ts'
import { checkBoolean, checkRecord } from './checks.ts'
import { Endpoint } from './pipeline/endpoint.ts'
import { InvalidArgumentError, TransportError } from './errors.ts'
import type { Addressing, ClientOptions } from './options.ts'
import { refuseForeignClientOptions } from './foreign-options.ts'
import { Observers } from './pipeline/observers.ts'
import { Pipeline } from './pipeline/pipeline.ts'
import { Presigner } from './pipeline/presigner.ts'
import { Recovery } from './pipeline/recovery.ts'
import { RegionLookup } from './pipeline/region-lookup.ts'
import { Regions } from './pipeline/regions.ts'
import { RequestWriter } from './pipeline/request-writer.ts'
import { RetryPolicy } from './pipeline/retry.ts'
import { Signer } from './pipeline/signer.ts'
import { StoreClock } from './pipeline/store-clock.ts'
import { userAgentOf } from './pipeline/user-agent.ts'
import { checkedTimeout } from './transport/make-dispatcher.ts'
import { UndiciTransport } from './transport/undici-transport.ts'

const version = '0.1.0'

/** The parts of a client, put together from its options. */
export interface Assembly {
  readonly pipeline: Pipeline
  readonly presigner: Presigner
  readonly endpoint: Endpoint
  readonly regions: Regions
  readonly retry: RetryPolicy
  readonly clock: Clock
  readonly observers: Observers
  /** Cuts off what is under way, and frees what is the client's own. */
  close(): Promise<void>
}

/** What a client takes from the world around it; tests give their own. */
export interface Surroundings {
  readonly clock: Clock
  /** Numbers from 0 to 1, for the jitter of pauses. */
  readonly random: () => number
}

const realWorld: Surroundings = { clock: systemClock, random: Math.random }

const payloadSignings: ReadonlySet<string> = new Set(['auto', 'always', 'never'])
const addressings: ReadonlySet<Addressing> = new Set<Addressing>(['auto', 'path', 'virtual'])

function providerOf(options: ClientOptions): CredentialsProvider {
  const { accessKey, secretKey, sessionToken, credentials } = options
  if (credentials !== undefined) {
    if (accessKey !== undefined || secretKey !== undefined) {
      throw new InvalidArgumentError('credentials', 'exclude accessKey and secretKey')
    }
    if (typeof credentials !== 'function') {
      throw new InvalidArgumentError('credentials', 'must be a function that gives keys')
    }
    return credentials
  }
  if (accessKey !== undefined || secretKey !== undefined || sessionToken !== undefined) {
    return staticCredentials(accessKey ?? '', secretKey ?? '', sessionToken)
  }
  return chainCredentials(envAwsCredentials(), envMinioCredentials())
}

function closed(): TransportError {
  const facts = { requestSent: true, responseStarted: false }
  return new TransportError('closed', 'The client was closed.', facts)
}

export function assemble(options: ClientOptions, surroundings: Surroundings = realWorld): Assembly {
  checkRecord('options', options)
  refuseForeignClientOptions(options)
  const { secure = true, addressing = 'auto', payloadSigning = 'auto' } = options
  const { timeouts = {}, retry: retryOptions = {}, tls = {} } = options
  checkRecord('timeouts', timeouts)
  checkRecord('retry', retryOptions)
  checkRecord('tls', tls)
  checkBoolean('tls.rejectUnauthorized', tls.rejectUnauthorized)
  checkBoolean('secure', secure)
  checkBoolean('allowInsecureSseC', options.allowInsecureSseC)
  const totalTimeoutMs = checkedTimeout('total', timeouts.total ?? 0)
  if (!addressings.has(addressing)) {
    throw new InvalidArgumentError('addressing', 'must be auto, path or virtual')
  }
  if (!payloadSignings.has(payloadSigning)) {
    throw new InvalidArgumentError('payloadSigning', 'must be auto, always or never')
  }
  const endpoint = Endpoint.parse(options.endpoint, secure, addressing)
  const publicEndpoint =
    options.publicEndpoint === undefined
      ? endpoint
      : Endpoint.parse(options.publicEndpoint, secure, addressing, 'publicEndpoint')
  const clock = new ClientClock(surroundings.clock)
  const credentials = new CachedCredentials(providerOf(options), clock)
  const regions = new Regions(options.region, endpoint)
  const signer = new Signer()
  if (options.dispatcher !== undefined && typeof options.dispatcher?.dispatch !== 'function') {
    throw new InvalidArgumentError('dispatcher', 'must be a Dispatcher of undici')
  }
  const transport = options.dispatcher
    ? UndiciTransport.over(options.dispatcher)
    : UndiciTransport.own({ timeouts, tls, environment: process.env })
  const storeClock = new StoreClock(clock, endpoint.secure && tls.rejectUnauthorized !== false)
  const retry = new RetryPolicy(retryOptions, surroundings.random)
  const regionLookup: RegionLookup = new RegionLookup(regions, endpoint, (request, call) =>
    pipeline.send(request, call),
  )
  const observers = new Observers(options, clock)
  const pipeline: Pipeline = new Pipeline({
    regions,
    writer: new RequestWriter({
      endpoint,
      credentials,
      signer,
      clock: storeClock,
      payloadSigning,
      userAgent: userAgentOf(version, options.appInfo),
      allowInsecureSseC: options.allowInsecureSseC ?? false,
    }),
    transport,
    recovery: new Recovery(retry, regionLookup, credentials, storeClock),
    retry,
    clock,
    observers,
    totalTimeoutMs,
  })
  const presigner = new Presigner(publicEndpoint, credentials, signer, regionLookup, storeClock)
  const close = (): Promise<void> => {
    clock.close(closed())
    return transport.close()
  }
  return { pipeline, presigner, endpoint, regions, retry, clock, observers, close }
}
