import { expect, test } from 'vitest'
import { iamProvider, type IamOptions } from '../../src/credentials/iam-credentials.ts'
import { TransportError } from '../../src/errors.ts'
import { iamCredentials } from '../../src/index.ts'
import {
  expectNoSecrets,
  failureOf,
  partsFor,
  scriptedService,
  VirtualClock,
  type Answering,
  type ScriptedAnswer,
  type SeenRequest,
} from './support.ts'

const rolesTarget = '/latest/meta-data/iam/security-credentials/'
const notHere = { status: 404 }

function keysAnswer(clock: VirtualClock, more: Record<string, unknown> = {}): ScriptedAnswer {
  const keys = {
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: 'IMDS',
    SecretAccessKey: 's3cret',
    Token: 't0ken',
    Expiration: clock.in(6 * 3600).toISOString(),
    ...more,
  }
  return { body: JSON.stringify(keys) }
}

/** A metadata service; parts of it can be replaced by target. */
function instance(clock: VirtualClock, replaced: Record<string, Answering> = {}): Answering {
  return (request, index) => {
    const other = replaced[request.target]
    if (other) return other(request, index)
    if (request.target === '/latest/api/token') return { body: `token-${index}` }
    if (request.target === rolesTarget) return { body: 'reader\n' }
    return request.target === `${rolesTarget}reader` ? keysAnswer(clock) : notHere
  }
}

function providerOf(endpoint: string, clock: VirtualClock, options: IamOptions = {}) {
  return iamProvider({ imdsEndpoint: endpoint, environment: {}, ...options }, partsFor(clock))
}

function traceOf(requests: readonly SeenRequest[]): string[] {
  return requests.map(({ method, target }) => `${method} ${target}`)
}

test('asks for a token by PUT, then for the role and its keys', async () => {
  const clock = new VirtualClock()
  await using service = await scriptedService(instance(clock))
  expect(await providerOf(service.endpoint, clock)()).toEqual({
    accessKey: 'IMDS',
    secretKey: 's3cret',
    sessionToken: 't0ken',
    expiration: clock.in(6 * 3600),
  })
  expect(traceOf(service.requests)).toEqual([
    'PUT /latest/api/token',
    `GET ${rolesTarget}`,
    `GET ${rolesTarget}reader`,
  ])
  const [put, ...gets] = service.requests
  expect(put?.headers['x-aws-ec2-metadata-token-ttl-seconds']).toBe('21600')
  expect(gets.map(({ headers }) => headers['x-aws-ec2-metadata-token'])).toEqual([
    'token-0',
    'token-0',
  ])
})

test('a token serves until five seconds before its end', async () => {
  const clock = new VirtualClock()
  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' }
  const token: Answering = (_request, index) => ({ body: `token-${index}`, headers: ttl })
  await using service = await scriptedService(instance(clock, { '/latest/api/token': token }))
  const provider = providerOf(service.endpoint, clock)
  const puts = (): number => service.requests.filter(({ method }) => method === 'PUT').length
  await provider()
  clock.now += 54_999
  await provider()
  expect(puts()).toBe(1)
  clock.now += 1
  await provider()
  expect(puts()).toBe(2)
})

test('a token that is refused is replaced once', async () => {
  const clock = new VirtualClock()
  const roles: Answering = ({ headers }) =>
    headers['x-aws-ec2-metadata-token'] === 'token-0' ? { status: 401 } : { body: 'reader' }
  await using service = await scriptedService(instance(clock, { [rolesTarget]: roles }))
  expect(await providerOf(service.endpoint, clock)()).toBeDefined()
  await using stubborn = await scriptedService(
    instance(clock, { [rolesTarget]: () => ({ status: 401 }) }),
  )
  expect(await failureOf(providerOf(stubborn.endpoint, clock)())).toMatchObject({
    source: 'imds',
    status: 401,
  })
  expect(traceOf(stubborn.requests)).toHaveLength(4)
})

test.each([404, 405])('without tokens (%i) IMDSv1 is used by option alone', async (status) => {
  const clock = new VirtualClock()
  const noToken = instance(clock, { '/latest/api/token': () => ({ status }) })
  await using service = await scriptedService(noToken)
  expect(await providerOf(service.endpoint, clock)()).toBeUndefined()
  const environment = { AWS_EC2_METADATA_V1_DISABLED: 'true' }
  const off = providerOf(service.endpoint, clock, { allowImdsV1: true, environment })
  expect(await off()).toBeUndefined()
  expect(service.requests).toHaveLength(2)
  const provider = providerOf(service.endpoint, clock, { allowImdsV1: true })
  expect(await provider()).toMatchObject({ accessKey: 'IMDS' })
  expect(service.requests.at(-1)?.headers).not.toHaveProperty('x-aws-ec2-metadata-token')
})

test.each<[string, Record<string, Answering>]>([
  ['turned off', { '/latest/api/token': () => ({ status: 403 }) }],
  ['without a role', { [rolesTarget]: () => notHere }],
  ['with an empty list of roles', { [rolesTarget]: () => ({ body: '\n' }) }],
  ['with a role that went away', { [`${rolesTarget}reader`]: () => notHere }],
])('a service %s has no keys', async (_name, replaced) => {
  const clock = new VirtualClock()
  await using service = await scriptedService(instance(clock, replaced))
  const provider = providerOf(service.endpoint, clock, { allowImdsV1: true })
  expect(await provider()).toBeUndefined()
})

test('AWS_EC2_METADATA_DISABLED keeps every request away', async () => {
  const clock = new VirtualClock()
  await using service = await scriptedService(instance(clock))
  const environment = { AWS_EC2_METADATA_DISABLED: 'TRUE' }
  expect(await providerOf(service.endpoint, clock, { environment })()).toBeUndefined()
  expect(service.requests).toHaveLength(0)
})

const redirect = { status: 302, headers: { location: '/latest/other' } }

test.each<[string, (clock: VirtualClock) => Record<string, Answering>]>([
  ['redirects the token', () => ({ '/latest/api/token': () => redirect })],
  ['redirects the role', () => ({ [rolesTarget]: () => redirect })],
  ['refuses the token', () => ({ '/latest/api/token': () => ({ status: 400 }) })],
  [
    'sends a token of two lines',
    () => ({ '/latest/api/token': () => ({ body: 'a\r\nb: s3cret' }) }),
  ],
  ['sends an empty token', () => ({ '/latest/api/token': () => ({ body: '' }) })],
  ['has a role of dots', () => ({ [rolesTarget]: () => ({ body: '../../s3cret' }) })],
  ['sends no JSON', () => ({ [`${rolesTarget}reader`]: () => ({ body: '<s3cret>' }) })],
  [
    'failed by its own word',
    (clock) => ({ [`${rolesTarget}reader`]: () => keysAnswer(clock, { Code: 'Failed' }) }),
  ],
  [
    'lacks a key',
    (clock) => ({ [`${rolesTarget}reader`]: () => keysAnswer(clock, { AccessKeyId: 1 }) }),
  ],
  [
    'has a wrong time',
    (clock) => ({ [`${rolesTarget}reader`]: () => keysAnswer(clock, { Expiration: 'never' }) }),
  ],
])('a service that %s is refused', async (_name, replaced) => {
  const clock = new VirtualClock()
  await using service = await scriptedService(instance(clock, replaced(clock)))
  const error = await failureOf(providerOf(service.endpoint, clock)())
  expect(error).toMatchObject({ name: 'CredentialsError', source: 'imds' })
  expect(traceOf(service.requests)).not.toContain('GET /latest/other')
  expectNoSecrets(error, 's3cret', 't0ken')
})

test('an answer of more than 64 KiB is refused', async () => {
  const clock = new VirtualClock()
  const large = instance(clock, { [`${rolesTarget}reader`]: () => ({ body: 'x'.repeat(65_537) }) })
  await using service = await scriptedService(large)
  const error = await failureOf(providerOf(service.endpoint, clock)())
  expect(error).toBeInstanceOf(TransportError)
  expect(error).toMatchObject({ kind: 'protocol' })
})

test('trouble that passes is waited for, three times in all', async () => {
  const clock = new VirtualClock()
  const troubles: readonly ScriptedAnswer[] = [{ status: 503 }, { cut: true }, { body: 'reader' }]
  let asked = 0
  const roles: Answering = () => troubles[asked++] ?? notHere
  await using service = await scriptedService(instance(clock, { [rolesTarget]: roles }))
  expect(await providerOf(service.endpoint, clock)()).toBeDefined()
  expect(clock.sleeps).toEqual([100, 200])
  await using down = await scriptedService(() => ({ status: 500 }))
  expect(await failureOf(providerOf(down.endpoint, clock)())).toMatchObject({ status: 500 })
  expect(down.requests).toHaveLength(3)
})

test('where nobody listens there are no keys', async () => {
  const clock = new VirtualClock()
  const gone = await scriptedService(() => notHere)
  await gone[Symbol.asyncDispose]()
  expect(await providerOf(gone.endpoint, clock)()).toBeUndefined()
  expect(clock.sleeps).toEqual([])
})

test('a service that says nothing is given up soon', async () => {
  const clock = new VirtualClock()
  await using service = await scriptedService(() => ({ hang: true }))
  const started = performance.now()
  expect(await providerOf(service.endpoint, clock)()).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(4000)
  expect(service.requests).toHaveLength(1)
})

test('a clock that is off does not make fresh keys expired ones', async () => {
  const clock = new VirtualClock()
  const behind = { date: new Date(clock.now - 10 * 3600_000).toUTCString() }
  const expiration = clock.in(-4 * 3600).toISOString()
  const keys: Answering = () => ({
    ...keysAnswer(clock, { Expiration: expiration }),
    headers: behind,
  })
  await using service = await scriptedService(instance(clock, { [`${rolesTarget}reader`]: keys }))
  expect((await providerOf(service.endpoint, clock)())?.expiration).toEqual(clock.in(6 * 3600))
})

test('proxies of the environment are never used', async () => {
  const clock = new VirtualClock()
  await using service = await scriptedService(instance(clock))
  await using proxy = await scriptedService(() => ({ status: 502 }))
  const before = process.env['http_proxy']
  process.env['http_proxy'] = proxy.endpoint
  try {
    expect(await providerOf(service.endpoint, clock)()).toBeDefined()
  } finally {
    if (before === undefined) delete process.env['http_proxy']
    else process.env['http_proxy'] = before
  }
  expect(proxy.requests).toHaveLength(0)
})

test('the environment names another service', async () => {
  const clock = new VirtualClock()
  await using service = await scriptedService(instance(clock))
  const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: service.endpoint }
  expect(await iamProvider({ environment }, partsFor(clock))()).toBeDefined()
})

test.each([
  [{}, '169.254.169.254'],
  [{ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' }, 'fd00:ec2::254'],
])('with %o the service is at its usual address', async (environment, hostname) => {
  const asked: string[] = []
  const send = (request: { readonly url: { readonly hostname: string } }): Promise<never> => {
    asked.push(request.url.hostname)
    return Promise.reject(
      new TransportError('connect', '', { requestSent: false, responseStarted: false }),
    )
  }
  const provider = iamProvider({ environment }, partsFor(new VirtualClock(), { send }))
  expect(await provider()).toBeUndefined()
  expect(asked).toEqual([hostname])
})

test.each([
  { imdsEndpoint: '169.254.169.254' },
  { imdsEndpoint: 'http://user:password@host/' },
  { imdsEndpoint: 'http://host/path' },
  { imdsEndpoint: 'http://host:0' },
  { imdsEndpoint: 'file:///etc/passwd' },
  { stsEndpoint: 'https://host/?x=y' },
])('refuses %o', (options) => {
  expect(() => iamCredentials(options)).toThrow(
    expect.objectContaining({ name: 'InvalidArgumentError', argument: expect.any(String) }),
  )
})
