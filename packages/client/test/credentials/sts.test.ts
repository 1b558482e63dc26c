import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { assumeRoleProvider } from '../../src/credentials/assume-role-credentials.ts'
import { clientGrantsProvider } from '../../src/credentials/client-grants-credentials.ts'
import type { CredentialsProvider } from '../../src/credentials/credentials-provider.ts'
import { iamProvider } from '../../src/credentials/iam-credentials.ts'
import { ldapProvider } from '../../src/credentials/ldap-credentials.ts'
import type { ProviderParts } from '../../src/credentials/provider-parts.ts'
import { awsStsEndpoint } from '../../src/credentials/sts-endpoint.ts'
import { webIdentityProvider } from '../../src/credentials/web-identity-credentials.ts'
import { InvalidArgumentError, InvalidResponseError } from '../../src/errors.ts'
import {
  assumeRoleCredentials,
  Client,
  clientGrantsCredentials,
  isS3Error,
  ldapCredentials,
  webIdentityCredentials,
} from '../../src/index.ts'
import { parametersOf, stsAnswer, stsRefusal } from './sts-support.ts'
import {
  expectNoSecrets,
  failureOf,
  partsFor,
  scriptedService,
  temporaryFolder,
  VirtualClock,
  type ScriptedAnswer,
  type SeenRequest,
} from './support.ts'

const user = { accessKey: 'USER', secretKey: 'user/Secret+=' }
const token = (): string => 'jwt.body/+=&'

type Make = (endpoint: string, parts: ProviderParts) => CredentialsProvider

const actions: readonly (readonly [string, Make, Record<string, string>])[] = [
  [
    'AssumeRole',
    (endpoint, parts) => assumeRoleProvider({ endpoint, ...user, policy: '{"a":"b c"}' }, parts),
    { Policy: '{"a":"b c"}' },
  ],
  [
    'AssumeRoleWithWebIdentity',
    (endpoint, parts) => webIdentityProvider({ endpoint, token, durationSeconds: 604_800 }, parts),
    { WebIdentityToken: token(), DurationSeconds: '604800' },
  ],
  [
    'AssumeRoleWithClientGrants',
    (endpoint, parts) => clientGrantsProvider({ endpoint, token, durationSeconds: 900 }, parts),
    { Token: token(), DurationSeconds: '900' },
  ],
  [
    'AssumeRoleWithLDAPIdentity',
    (endpoint, parts) => ldapProvider({ endpoint, username: 'ü ser', password: 'p&=%é' }, parts),
    { LDAPUsername: 'ü ser', LDAPPassword: 'p&=%é' },
  ],
]

const keys = (clock: VirtualClock) => ({
  accessKey: 'STSKEY',
  secretKey: 'sts-secret',
  sessionToken: 'sts-token',
  expiration: clock.in(3600),
})

test.each(actions)('%s is a form, and its answer gives keys', async (action, make, parameters) => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({ body: stsAnswer(action, clock.in(3600)) }))
  expect(await make(sts.endpoint, partsFor(clock))()).toEqual(keys(clock))
  const [request] = sts.requests
  expect(request).toMatchObject({
    method: 'POST',
    target: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  expect(parametersOf(request?.body)).toEqual({
    Action: action,
    Version: '2011-06-15',
    ...parameters,
  })
  expect(request?.headers['authorization'] === undefined).toBe(action !== 'AssumeRole')
})

test.each(actions)('%s: prefixes in the answer do not matter', async (action, make) => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({
    body: stsAnswer(action, clock.in(3600), 'ns1:'),
  }))
  expect(await make(sts.endpoint, partsFor(clock))()).toEqual(keys(clock))
})

test.each(actions)('%s: a refusal is an S3Error', async (action, make) => {
  const clock = new VirtualClock()
  const body = stsRefusal('AccessDenied', 'no, user')
  await using sts = await scriptedService(() => ({ status: 403, body }))
  const error = await failureOf(make(sts.endpoint, partsFor(clock))())
  expect(isS3Error(error, 'AccessDenied')).toBe(true)
  expect(error).toMatchObject({ status: 403, operation: action, requestId: 'req-2', attempts: 1 })
})

test.each<[string, ScriptedAnswer, string]>([
  [
    'an error of the store',
    { status: 403, body: '<Error><Code>InvalidAccessKeyId</Code></Error>' },
    'InvalidAccessKeyId',
  ],
  ['a page of a proxy', { status: 403, body: '<html><p>no</html>' }, 'AccessDenied'],
  ['nothing', { status: 418 }, 'Http418'],
  ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'Http307'],
])('a refusal may be %s', async (_name, answer, code) => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => answer)
  const provider = ldapProvider(
    { endpoint: sts.endpoint, username: 'u', password: 'p' },
    partsFor(clock),
  )
  const error = await failureOf(provider())
  expect(isS3Error(error)).toBe(true)
  expect(error).toMatchObject(code.startsWith('Http3') ? { status: 307 } : { code })
  expect(sts.requests).toHaveLength(1)
})

test('a service in trouble is asked three times, and the error says so', async () => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({
    status: 503,
    body: stsRefusal('Throttling', ''),
  }))
  const provider = webIdentityProvider({ endpoint: sts.endpoint, token }, partsFor(clock))
  const error = await failureOf(provider())
  expect(error).toMatchObject({ code: 'Throttling', status: 503, attempts: 3 })
  expect(clock.sleeps).toEqual([100, 200])
})

test.each<[string, (clock: VirtualClock) => string]>([
  ['no XML', () => 'sts-secret'],
  ['another document', (clock) => stsAnswer('AssumeRole', clock.in(1))],
  [
    'no keys',
    () =>
      '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult/></AssumeRoleWithWebIdentityResponse>',
  ],
  [
    'a wrong time',
    (clock) => stsAnswer('AssumeRoleWithWebIdentity', clock.in(1)).replace('2026-', '2026/'),
  ],
  ['half of it', (clock) => stsAnswer('AssumeRoleWithWebIdentity', clock.in(1)).slice(0, -30)],
])('success with %s is refused, and nothing of it is shown', async (_name, body) => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({ body: body(clock) }))
  const error = await failureOf(
    webIdentityProvider({ endpoint: sts.endpoint, token }, partsFor(clock))(),
  )
  expect(error).toBeInstanceOf(InvalidResponseError)
  expectNoSecrets(error, 'sts-secret', 'sts-token', token())
})

test('what the service repeats of a secret is masked', async () => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(({ body }) => {
    const { WebIdentityToken, LDAPPassword } = parametersOf(body)
    return {
      status: 400,
      body: stsRefusal('Bad', `cannot read ${WebIdentityToken ?? LDAPPassword}`),
    }
  })
  const { endpoint } = sts
  const providers = [
    webIdentityProvider({ endpoint, token: () => 'canary-jwt' }, partsFor(clock)),
    ldapProvider({ endpoint, username: 'u', password: 'canary-password' }, partsFor(clock)),
  ]
  for (const provider of providers) {
    const error = await failureOf(provider())
    expect(error).toMatchObject({ code: 'Bad' })
    expectNoSecrets(error, 'canary-jwt', 'canary-password')
    expectNoSecrets(provider, 'canary-jwt', 'canary-password')
  }
})

test('trouble on the way shows no secret either', async () => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({ cut: true }))
  const provider = ldapProvider(
    { endpoint: sts.endpoint, username: 'u', password: 'canary-password' },
    partsFor(clock),
  )
  const error = await failureOf(provider())
  expect(error).toMatchObject({ name: 'TransportError', kind: 'reset' })
  expectNoSecrets(error, 'canary-password')
})

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The signature of a request, from the specification of Signature Version 4, step by step. */
function signatureOf(request: SeenRequest, secretKey: string, region: string): string {
  const signed = /SignedHeaders=([^,]+)/.exec(`${request.headers.authorization}`)?.[1] ?? ''
  const lines = signed.split(';').map((name) => `${name}:${String(request.headers[name])}\n`)
  const canonical = `POST\n/\n\n${lines.join('')}\n${signed}\n${sha256(request.body)}`
  const time = String(request.headers['x-amz-date'])
  const day = time.slice(0, 8)
  const scope = `${day}/${region}/sts/aws4_request`
  const key = [region, 'sts', 'aws4_request'].reduce(hmac, hmac(`AWS4${secretKey}`, day))
  return hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex')
}

test('AssumeRole is signed for the service sts', async () => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({ body: stsAnswer('AssumeRole', clock.in(3600)) }))
  const options = {
    endpoint: sts.endpoint,
    ...user,
    sessionToken: 'session',
    roleArn: 'arn:aws:iam::123456789012:role/x',
    externalId: 'ext/1',
    durationSeconds: 43_200,
    region: 'eu-west-1',
  }
  await assumeRoleProvider(options, partsFor(clock))()
  const [request] = sts.requests
  if (!request) expect.unreachable()
  const { authorization = '' } = request.headers
  expect(authorization).toContain('Credential=USER/20260102/eu-west-1/sts/aws4_request')
  expect(authorization).toMatch(
    /SignedHeaders=content-type;host;[^,]*x-amz-date;x-amz-security-token/,
  )
  expect(authorization).toContain(`Signature=${signatureOf(request, user.secretKey, 'eu-west-1')}`)
  expect(parametersOf(request.body)).toMatchObject({
    RoleArn: 'arn:aws:iam::123456789012:role/x',
    RoleSessionName: `stowage-${clock.now}`,
    ExternalId: 'ext/1',
    DurationSeconds: '43200',
  })
})

test('a clock that is off is corrected, in the signature and in the end of the keys', async () => {
  const clock = new VirtualClock()
  const ahead = 3 * 3600
  const headers = { date: clock.in(ahead).toUTCString() }
  await using sts = await scriptedService(({ headers: sent }) =>
    sent['x-amz-date'] === '20260102T060405Z'
      ? { body: stsAnswer('AssumeRole', clock.in(ahead + 3600)), headers }
      : { status: 403, body: stsRefusal('SignatureDoesNotMatch', 'expired'), headers },
  )
  const provider = assumeRoleProvider({ endpoint: sts.endpoint, ...user }, partsFor(clock))
  expect(await provider()).toEqual(keys(clock))
  expect(sts.requests).toHaveLength(2)
})

test('keys to sign with come from a provider, and without any there is no role', async () => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({ body: stsAnswer('AssumeRole', clock.in(3600)) }))
  const options = { endpoint: sts.endpoint }
  const none = assumeRoleProvider(
    { ...options, credentials: () => Promise.resolve(undefined) },
    partsFor(clock),
  )
  expect(await none()).toBeUndefined()
  const some = assumeRoleProvider(
    { ...options, credentials: () => Promise.resolve(user) },
    partsFor(clock),
  )
  expect(await some()).toBeDefined()
  expect(sts.requests).toHaveLength(1)
})

test('a token is asked for, or its file read, at each refresh', async () => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({
    body: stsAnswer('AssumeRoleWithWebIdentity', clock.in(3600)),
  }))
  await using folder = await temporaryFolder()
  const { endpoint } = sts
  let calls = 0
  const byFunction = webIdentityProvider(
    {
      endpoint,
      token: async () => ({ token: `t${++calls}`, accessToken: 'a', durationSeconds: 5 }),
    },
    partsFor(clock),
  )
  await byFunction()
  await byFunction()
  const tokenFile = await folder.write('token', 'f1\n')
  const byFile = webIdentityProvider({ endpoint, tokenFile }, partsFor(clock))
  await byFile()
  await folder.write('token', 'f2')
  await byFile()
  const sent = sts.requests.map(({ body }) => parametersOf(body))
  expect(sent.map(({ WebIdentityToken }) => WebIdentityToken)).toEqual(['t1', 't2', 'f1', 'f2'])
  expect(sent[0]).toMatchObject({ WebIdentityAccessToken: 'a', DurationSeconds: '900' })
})

test('a token that is not there is an error, before any request', async () => {
  await using sts = await scriptedService(() => ({ status: 500 }))
  const { endpoint } = sts
  const parts = partsFor(new VirtualClock())
  const missing = webIdentityProvider({ endpoint, tokenFile: '/nonexistent/token' }, parts)
  expect(await failureOf(missing())).toMatchObject({ source: 'token-file' })
  const empty = webIdentityProvider({ endpoint, token: () => '' }, parts)
  expect(await failureOf(empty())).toBeInstanceOf(InvalidArgumentError)
  const throwing = webIdentityProvider(
    { endpoint, token: () => Promise.reject(new Error('own')) },
    parts,
  )
  expect(await failureOf(throwing())).toMatchObject({ message: 'own' })
  expect(sts.requests).toEqual([])
})

test('EKS: a token file and a role in the environment are a web identity', async () => {
  const clock = new VirtualClock()
  await using sts = await scriptedService(() => ({
    body: stsAnswer('AssumeRoleWithWebIdentity', clock.in(3600)),
  }))
  await using folder = await temporaryFolder()
  const environment = {
    AWS_WEB_IDENTITY_TOKEN_FILE: await folder.write('token', 'jwt'),
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/pod',
    AWS_ROLE_SESSION_NAME: 'pod-1',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://203.0.113.1/',
  }
  const byOption = iamProvider({ environment, stsEndpoint: sts.endpoint }, partsFor(clock))
  expect(await byOption()).toEqual(keys(clock))
  const byVariable = iamProvider(
    { environment: { ...environment, AWS_ENDPOINT_URL_STS: sts.endpoint } },
    partsFor(clock),
  )
  expect(await byVariable()).toEqual(keys(clock))
  expect(parametersOf(sts.requests[1]?.body)).toMatchObject({
    RoleArn: 'arn:aws:iam::123456789012:role/pod',
    RoleSessionName: 'pod-1',
    WebIdentityToken: 'jwt',
  })
})

test.each([
  [{}, 'https://sts.amazonaws.com'],
  [
    { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-west-2' },
    'https://sts.eu-west-1.amazonaws.com',
  ],
  [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-west-2' }, 'https://sts.us-west-2.amazonaws.com'],
  [{ AWS_REGION: 'cn-north-1' }, 'https://sts.cn-north-1.amazonaws.com.cn'],
  [{ AWS_REGION: 'x', AWS_ENDPOINT_URL_STS: 'http://localhost:1' }, 'http://localhost:1'],
])('with %o the service is at %s', (environment, endpoint) => {
  expect(awsStsEndpoint(environment)).toBe(endpoint)
})

test.each(['evil.example/#', 'a b', 'A@b'])('the region %s never becomes a host', (region) => {
  expect(() => awsStsEndpoint({ AWS_REGION: region })).toThrow(InvalidArgumentError)
})

test('a client signs with such keys, and renews them', async () => {
  await using service = await scriptedService(({ target }, index) =>
    target === '/'
      ? { body: stsAnswer('AssumeRole', new Date(Date.now() + 3_600_000)) }
      : index < 2
        ? { status: 400, headers: { 'x-minio-error-code': 'ExpiredToken' } }
        : { status: 200 },
  )
  const client = new Client({
    endpoint: service.endpoint,
    credentials: assumeRoleCredentials({ endpoint: service.endpoint, ...user }),
  })
  try {
    expect(await client.bucketExists('bucket')).toBe(true)
  } finally {
    await client.close()
  }
  const store = service.requests.filter(({ target }) => target !== '/')
  expect(service.requests.map(({ target }) => target === '/')).toEqual([true, false, true, false])
  expect(store.every(({ headers }) => headers['x-amz-security-token'] === 'sts-token')).toBe(true)
})

const endpoint = 'https://sts.example'

test.each([
  ['endpoint', { endpoint: '' }],
  ['endpoint', { endpoint: 'https://user@host' }],
  ['endpoint', { endpoint: 'https://host?x' }],
  ['endpoint', { endpoint: 'https://host#x' }],
  ['endpoint', { endpoint: 'https://host:65536' }],
  ['durationSeconds', { durationSeconds: 899 }],
  ['durationSeconds', { durationSeconds: 43_201 }],
  ['durationSeconds', { durationSeconds: 900.5 }],
  ['durationSeconds', { durationSeconds: Number.NaN }],
  ['policy', { policy: '{' }],
  ['policy', { policy: JSON.stringify('x'.repeat(2048)) }],
  ['externalId', { externalId: 'x' }],
  ['externalId', { externalId: 'a b' }],
  ['roleArn', { roleArn: '' }],
  ['roleSessionName', { roleSessionName: 'a b' }],
  ['region', { region: 'a/b' }],
  ['accessKey', { accessKey: '' }],
  ['secretKey', { secretKey: 'x\n' }],
  ['credentials', { credentials: () => Promise.resolve(user) }],
])('assumeRoleCredentials refuses a wrong %s: %o', (argument, options) => {
  expect(() => assumeRoleCredentials({ endpoint, ...user, ...options })).toThrow(
    expect.objectContaining({ name: 'InvalidArgumentError', argument }),
  )
})

test.each([
  ['token', {}],
  ['token', { token, tokenFile: 'x' }],
  ['tokenFile', { tokenFile: '' }],
  ['durationSeconds', { token, durationSeconds: 604_801 }],
])('tokens: a wrong %s is refused: %o', (argument, options) => {
  for (const make of [webIdentityCredentials, clientGrantsCredentials]) {
    expect(() => make({ endpoint, ...options })).toThrow(
      expect.objectContaining({ name: 'InvalidArgumentError', argument }),
    )
  }
})

test.each([
  ['username', { username: '' }],
  ['password', { password: '' }],
  ['password', { password: '\uD800' }],
])('ldapCredentials refuses a wrong %s', (argument, options) => {
  expect(() => ldapCredentials({ endpoint, username: 'u', password: 'p', ...options })).toThrow(
    expect.objectContaining({ name: 'InvalidArgumentError', argument }),
  )
})
