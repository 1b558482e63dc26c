import { expect, test } from 'vitest'
import { isContainerAddress } from '../../src/credentials/container-address.ts'
import { containerProvider } from '../../src/credentials/container-credentials.ts'
import { iamProvider } from '../../src/credentials/iam-credentials.ts'
import type { ProviderAnswer, ProviderRequest } from '../../src/credentials/provider-http.ts'
import { CredentialsError, TransportError } from '../../src/errors.ts'
import {
  expectNoSecrets,
  failureOf,
  partsFor,
  scriptedService,
  temporaryFolder,
  VirtualClock,
} from './support.ts'

const clock = new VirtualClock()
const answer = JSON.stringify({
  AccessKeyId: 'C',
  SecretAccessKey: 's3cret',
  Token: 't0ken',
  Expiration: clock.in(3600).toISOString(),
})
const keys = {
  accessKey: 'C',
  secretKey: 's3cret',
  sessionToken: 't0ken',
  expiration: clock.in(3600),
}

/** A door that takes requests down instead of sending them. */
function recorder() {
  const requests: ProviderRequest[] = []
  const send = (request: ProviderRequest): Promise<ProviderAnswer> => {
    requests.push(request)
    const reply = { status: 200, headers: {}, body: Buffer.from(answer) }
    return Promise.resolve({ reply, attempts: 1 })
  }
  return { requests, send }
}

test('a full URI on this machine gives keys, by its path and query', async () => {
  await using service = await scriptedService(() => ({ body: answer }))
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.endpoint}/v1/../credentials?id=%2E%2E`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Basic abc',
  }
  expect(await iamProvider({ environment }, partsFor(clock))()).toEqual(keys)
  const [request] = service.requests
  expect(request?.target).toBe('/v1/../credentials?id=%2E%2E')
  expect(request?.headers['authorization']).toBe('Basic abc')
})

test('a token in a file wins, and is read each time', async () => {
  await using service = await scriptedService(() => ({ body: answer }))
  await using folder = await temporaryFolder()
  const file = await folder.write('token', 'one\n')
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.endpoint}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'not this',
  }
  const provider = containerProvider(environment, partsFor(clock))
  await provider()
  await folder.write('token', 'two\r\n')
  await provider()
  expect(service.requests.map(({ headers }) => headers['authorization'])).toEqual(['one', 'two'])
})

test.each([
  [
    'a relative URI',
    { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x?y' },
    '169.254.170.2',
    '/v2/x?y',
  ],
  [
    'a relative URI over a full one',
    {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '//evil.example/',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/',
    },
    '169.254.170.2',
    '//evil.example/',
  ],
  [
    'EKS',
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1' },
    '169.254.170.23',
    '/v1',
  ],
  [
    'EKS, IPv6',
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://[fd00:ec2::23]/v1' },
    'fd00:ec2::23',
    '/v1',
  ],
  ['IPv6', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://[::1]:81/' }, '::1', '/'],
])('%s leads to the right address', async (_name, environment, address, target) => {
  const { send, requests } = recorder()
  expect(await containerProvider(environment, partsFor(clock, { send }))()).toEqual(keys)
  expect(requests).toMatchObject([{ address, url: { target } }])
  expect(requests[0]?.connection.proxied).toBe(false)
})

test('https may be anywhere, and its name is left to TLS', async () => {
  const { send, requests } = recorder()
  const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'https://keys.example:8443/x' }
  await containerProvider(environment, partsFor(clock, { send }))()
  expect(requests).toMatchObject([{ address: undefined, url: { secure: true, port: ':8443' } }])
})

test('a name over http is resolved once, and what was checked is connected to', async () => {
  const { send, requests } = recorder()
  let lookups = 0
  // Rebinding: a second look-up would lead elsewhere.
  const addressesOf = (): Promise<string[]> =>
    Promise.resolve(lookups++ === 0 ? ['127.0.0.1'] : ['203.0.113.1'])
  const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://keys.example/x' }
  await containerProvider(environment, partsFor(clock, { send, addressesOf }))()
  expect(requests).toMatchObject([{ address: '127.0.0.1', url: { hostname: 'keys.example' } }])
})

test('the Host header keeps the name, and a dead address leads to the next one', async () => {
  await using service = await scriptedService(() => ({ body: answer }))
  const addressesOf = (): Promise<string[]> => Promise.resolve(['127.0.0.2', '127.0.0.1'])
  const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://keys.example:${service.port}/` }
  const provider = containerProvider(environment, partsFor(clock, { addressesOf }))
  expect(await provider()).toEqual(keys)
  expect(service.requests[0]?.headers.host).toBe(`keys.example:${service.port}`)
})

test.each([
  ['http://203.0.113.1/', undefined],
  ['http://169.254.169.254/', undefined],
  ['http://169.254.170.3/', undefined],
  ['http://[fd00:ec2::24]/', undefined],
  ['http://127.evil.example/', ['203.0.113.1']],
  ['http://localhost/', ['203.0.113.1']],
  ['http://half.example/', ['127.0.0.1', '203.0.113.1']],
  ['http://none.example/', []],
  ['http://unknown.example/', 'fails'],
  ['http://127.0.0.1@evil.example/', ['127.0.0.1']],
  ['http://evil.example#@127.0.0.1/', ['127.0.0.1']],
  ['ftp://127.0.0.1/', ['127.0.0.1']],
  ['127.0.0.1', undefined],
] as const)('no request goes to %s (%o)', async (uri, addresses) => {
  const { send, requests } = recorder()
  const addressesOf = (): Promise<readonly string[]> =>
    addresses === 'fails'
      ? Promise.reject(new Error('ENOTFOUND'))
      : Promise.resolve(addresses ?? [])
  const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri }
  const error = await failureOf(
    containerProvider(environment, partsFor(clock, { send, addressesOf }))(),
  )
  expect(error).toBeInstanceOf(CredentialsError)
  expect(error).toMatchObject({ source: 'container' })
  expect(requests).toEqual([])
})

test.each(['@evil.example/', '.evil.example/', ':80@evil.example', 'x', '/a b', '/a\r\nb'])(
  'no request goes to the relative URI %j',
  async (relative) => {
    const { send, requests } = recorder()
    const addressesOf = (): Promise<string[]> => Promise.resolve(['127.0.0.1'])
    const environment = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative }
    const parts = partsFor(clock, { send, addressesOf })
    const error = await failureOf(containerProvider(environment, parts)())
    expect(error).toMatchObject({ source: 'container' })
    expect(requests).toEqual([])
  },
)

test.each([
  ['127.0.0.1', true],
  ['127.255.1.2', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['169.254.170.2', true],
  ['169.254.170.23', true],
  ['fd00:ec2::23', true],
  ['fd00:0ec2:0:0:0:0:0:0023', true],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['::ffff:203.0.113.1', false],
  ['169.254.169.254', false],
  ['fd00:ec2::254', false],
  ['127.0.0.1.evil.example', false],
  ['', false],
])('the address %s is allowed: %s', (address, allowed) => {
  expect(isContainerAddress(address)).toBe(allowed)
})

test.each([
  [
    'a refusal',
    { status: 403, body: '{"code":"AccessDenied","message":"s3cret"}' },
    { status: 403 },
  ],
  ['a redirect', { status: 307, headers: { location: '/other' } }, { status: 307 }],
  ['no JSON', { body: 's3cret' }, {}],
  ['no keys', { body: '{"SecretAccessKey":"s3cret"}' }, {}],
  ['a wrong time', { body: answer.replace('2026', 'x') }, {}],
])('%s is an error that shows nothing of it', async (_name, scripted, facts) => {
  await using service = await scriptedService(() => scripted)
  const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.endpoint}/` }
  const error = await failureOf(containerProvider(environment, partsFor(clock))())
  expect(error).toMatchObject({ source: 'container', ...facts })
  expect(service.requests).toHaveLength(1)
  expectNoSecrets(error, 's3cret', 't0ken')
})

test('a container service that is down is an error, and the instance is not asked instead', async () => {
  const gone = await scriptedService(() => ({}))
  await gone[Symbol.asyncDispose]()
  await using imds = await scriptedService(() => ({ body: answer }))
  const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${gone.endpoint}/` }
  const provider = iamProvider({ environment, imdsEndpoint: imds.endpoint }, partsFor(clock))
  expect(await failureOf(provider())).toBeInstanceOf(TransportError)
  expect(imds.requests).toEqual([])
})

test.each([
  ['of two lines', 'a\r\nx-evil: s3cret', 'container'],
  ['that is empty', '\n', 'token-file'],
])('a token %s never goes out', async (_name, token, source) => {
  const { send, requests } = recorder()
  await using folder = await temporaryFolder()
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await folder.write('token', token),
  }
  const error = await failureOf(containerProvider(environment, partsFor(clock, { send }))())
  expect(error).toMatchObject({ source })
  expect(requests).toEqual([])
  expectNoSecrets(error, 's3cret')
})
