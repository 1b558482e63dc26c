import { expect, test } from 'vitest'
import { awsConfigProvider } from '../../src/credentials/aws-config-credentials.ts'
import { awsConfigCredentials } from '../../src/index.ts'
import {
  expectNoSecrets,
  failureOf,
  partsFor,
  scriptedService,
  temporaryFolder,
  VirtualClock,
  type TemporaryFolder,
} from './support.ts'
import { parametersOf, stsAnswer } from './sts-support.ts'

interface Files {
  readonly credentials?: string
  readonly config?: string
}

const clock = new VirtualClock()

/** A provider that sees these two files, and no others. */
async function providerOf(
  folder: TemporaryFolder,
  { credentials, config }: Files,
  options: {
    readonly profile?: string
    readonly path?: string
    readonly stsEndpoint?: string
  } = {},
  more: Record<string, string> = {},
) {
  const environment: Record<string, string> = {
    AWS_SHARED_CREDENTIALS_FILE: `${folder.path}/credentials`,
    AWS_CONFIG_FILE: `${folder.path}/config`,
    ...more,
  }
  if (credentials !== undefined) await folder.write('credentials', credentials)
  if (config !== undefined) await folder.write('config', config)
  return awsConfigProvider({ ...options, environment }, partsFor(clock))
}

const two = `[default]
aws_access_key_id = A
aws_secret_access_key = a/+=
[work]
aws_access_key_id = W
aws_secret_access_key = w
aws_session_token = token
`

test.each([
  ['the default profile', two, {}, {}, { accessKey: 'A', secretKey: 'a/+=' }],
  ['CRLF and a mark', `\uFEFF${two.replaceAll('\n', '\r\n')}`, {}, {}, { secretKey: 'a/+=' }],
  ['the profile of an option', two, { profile: 'work' }, {}, { sessionToken: 'token' }],
  ['AWS_PROFILE', two, {}, { AWS_PROFILE: 'work' }, { accessKey: 'W' }],
  [
    'an option over AWS_PROFILE',
    two,
    { profile: 'default' },
    { AWS_PROFILE: 'work' },
    { accessKey: 'A' },
  ],
  ['an empty AWS_PROFILE', two, {}, { AWS_PROFILE: '' }, { accessKey: 'A' }],
])('reads %s', async (_name, credentials, options, environment, expected) => {
  await using folder = await temporaryFolder()
  const provider = await providerOf(folder, { credentials }, options, environment)
  expect(await provider()).toMatchObject(expected)
})

test('the usual files are those in the home directory', async () => {
  await using folder = await temporaryFolder()
  const { mkdir, rename } = await import('node:fs/promises')
  await mkdir(`${folder.path}/.aws`)
  await rename(await folder.write('credentials', two), `${folder.path}/.aws/credentials`)
  const byVariable = awsConfigProvider({ environment: { HOME: folder.path } }, partsFor(clock))
  expect(await byVariable()).toMatchObject({ accessKey: 'A' })
  const homeDirectory = (): string => folder.path
  const bySystem = awsConfigProvider({ environment: {} }, partsFor(clock, { homeDirectory }))
  expect(await bySystem()).toMatchObject({ accessKey: 'A' })
})

test('profiles of both files are one, but keys of two files never mix', async () => {
  await using folder = await temporaryFolder()
  const config = `[default]
aws_access_key_id = C
aws_secret_access_key = c
aws_session_token = of-another
[profile only]
aws_access_key_id = O
aws_secret_access_key = o
[profile "two words"]
aws_access_key_id = Q
aws_secret_access_key = q
[work]
aws_access_key_id = NO
aws_secret_access_key = no
`
  const files = { config, credentials: two }
  expect(await (await providerOf(folder, files))()).toEqual({
    accessKey: 'A',
    secretKey: 'a/+=',
    sessionToken: undefined,
  })
  for (const [profile, accessKey] of [
    ['only', 'O'],
    ['two words', 'Q'],
    ['work', 'W'],
  ] as const) {
    expect(await (await providerOf(folder, files, { profile }))()).toMatchObject({ accessKey })
  }
})

test('a file that changes is read anew', async () => {
  await using folder = await temporaryFolder()
  const provider = await providerOf(folder, { credentials: two })
  await provider()
  await folder.write('credentials', two.replace('= A', '= NEW'))
  expect(await provider()).toMatchObject({ accessKey: 'NEW' })
})

test('a path names the one file that counts, of either kind', async () => {
  await using folder = await temporaryFolder()
  const path = await folder.write(
    'own',
    '[profile x]\naws_access_key_id=X\naws_secret_access_key=x',
  )
  const provider = await providerOf(folder, { credentials: two }, { path, profile: 'x' })
  expect(await provider()).toMatchObject({ accessKey: 'X' })
})

test('what nobody named may be missing', async () => {
  await using folder = await temporaryFolder()
  expect(await (await providerOf(folder, {}))()).toBeUndefined()
  expect(await (await providerOf(folder, { credentials: '[other]\n' }))()).toBeUndefined()
})

test.each([
  ['a profile of an option', { credentials: two }, { profile: 'x' }, {}],
  ['a profile of AWS_PROFILE', { credentials: two }, {}, { AWS_PROFILE: '__proto__' }],
  ['any file for a profile', {}, { profile: 'x' }, {}],
  ['the file of a path', { credentials: two }, { path: '/nonexistent/x' }, {}],
  ['one of two keys', { credentials: '[default]\naws_access_key_id = A' }, {}, {}],
  ['the other of two keys', { credentials: '[default]\naws_secret_access_key = s3cret' }, {}, {}],
  ['any keys', { config: '[default]\nsso_session = x' }, {}, {}],
  ['a closing bracket', { credentials: '[default\naws_secret_access_key = s3cret' }, {}, {}],
  ['an equals sign', { credentials: '[default]\ns3cret' }, {}, {}],
  ['text without NUL', { credentials: '[default]\na = s3cret\0' }, {}, {}],
  ['less than a megabyte', { credentials: `[default]\n# ${'x'.repeat(1024 * 1024)}` }, {}, {}],
])('refuses to do without %s', async (_name, files, options, environment) => {
  await using folder = await temporaryFolder()
  const error = await failureOf((await providerOf(folder, files, options, environment))())
  expect(error).toMatchObject({ name: 'CredentialsError', source: 'aws-config' })
  expectNoSecrets(error, 's3cret')
})

test('warns once of keys that others may read', async () => {
  await using folder = await temporaryFolder()
  const warnings: string[] = []
  const warn = (message: string): number => warnings.push(message)
  const keys = '[default]\naws_access_key_id=A\naws_secret_access_key=a'
  for (const mode of [0o644, 0o600]) {
    const path = await folder.write(`mode-${mode}`, keys, mode)
    const provider = awsConfigProvider({ path }, partsFor(clock, { warn }))
    await provider()
    await provider()
  }
  expect(warnings).toHaveLength(process.platform === 'win32' ? 0 : 1)
  expectNoSecrets(warnings, 'aws_secret')
})

test('a role is assumed with the keys of its source', async () => {
  await using sts = await scriptedService(() => ({ body: stsAnswer('AssumeRole', clock.in(3600)) }))
  await using folder = await temporaryFolder()
  const config = `[profile role]
role_arn = arn:aws:iam::123456789012:role/reader
source_profile = work
external_id = ext-1
role_session_name = me
duration_seconds = 900
region = eu-west-1
`
  const provider = await providerOf(
    folder,
    { config, credentials: two },
    { profile: 'role', stsEndpoint: sts.endpoint },
  )
  expect(await provider()).toEqual({
    accessKey: 'STSKEY',
    secretKey: 'sts-secret',
    sessionToken: 'sts-token',
    expiration: clock.in(3600),
  })
  const [request] = sts.requests
  expect(parametersOf(request?.body)).toMatchObject({
    Action: 'AssumeRole',
    RoleArn: 'arn:aws:iam::123456789012:role/reader',
    ExternalId: 'ext-1',
    RoleSessionName: 'me',
    DurationSeconds: '900',
  })
  expect(request?.headers['authorization']).toContain('Credential=W/20260102/eu-west-1/sts/')
  expect(request?.headers['x-amz-security-token']).toBe('token')
})

test('roles form chains, and a role may keep its own source keys', async () => {
  await using sts = await scriptedService(() => ({ body: stsAnswer('AssumeRole', clock.in(3600)) }))
  await using folder = await temporaryFolder()
  const config = `[profile top]
role_arn = top
source_profile = middle
[profile middle]
role_arn = middle
source_profile = middle
aws_access_key_id = M
aws_secret_access_key = m
`
  const options = { profile: 'top', stsEndpoint: sts.endpoint }
  expect(await (await providerOf(folder, { config }, options))()).toBeDefined()
  const signers = sts.requests.map(
    ({ headers }) => /Credential=(\w+)/.exec(`${headers.authorization}`)?.[1],
  )
  expect(signers).toEqual(['M', 'STSKEY'])
})

test('a role takes a token file or a source of the environment', async () => {
  await using sts = await scriptedService(({ body }) => ({
    body: stsAnswer(parametersOf(body)['Action'] ?? '', clock.in(3600)),
  }))
  await using folder = await temporaryFolder()
  const file = await folder.write('token', 'jwt\n')
  const config = `[profile web]
role_arn = web
web_identity_token_file = ${file}
[profile env]
role_arn = env
credential_source = Environment
`
  const keys = { AWS_ACCESS_KEY_ID: 'E', AWS_SECRET_ACCESS_KEY: 'e' }
  for (const profile of ['web', 'env']) {
    const options = { profile, stsEndpoint: sts.endpoint }
    await (
      await providerOf(folder, { config }, options, keys)
    )()
  }
  expect(sts.requests.map(({ body }) => parametersOf(body)['WebIdentityToken'])).toEqual([
    'jwt',
    undefined,
  ])
  expect(sts.requests[1]?.headers['authorization']).toContain('Credential=E/')
})

test.each([
  [
    'goes in circles',
    'role_arn=a\nsource_profile=b\n[profile b]\nrole_arn=b\nsource_profile=default',
  ],
  ['has a missing source', 'role_arn=a\nsource_profile=nobody'],
  ['has no source', 'role_arn=a'],
  ['has an unknown source', 'role_arn=a\ncredential_source=constructor'],
  ['has a source without keys', 'role_arn=a\ncredential_source=Environment'],
  ['asks for a code', 'role_arn=a\nmfa_serial=b\nsource_profile=c'],
  ['has a wrong duration', 'role_arn=a\ncredential_source=Environment\nduration_seconds=1e3'],
  ['has a short duration', 'role_arn=a\ncredential_source=Environment\nduration_seconds=899'],
  ['leads to another host', 'role_arn=a\ncredential_source=Environment\nregion=evil.example/#'],
])('refuses a role that %s', async (_name, lines) => {
  await using folder = await temporaryFolder()
  const provider = await providerOf(folder, { config: `[default]\n${lines}\n` })
  expect(await failureOf(provider())).toMatchObject({ source: 'aws-config' })
})

/** A profile with a process: a program of Node that stands in a file. */
async function processProfile(folder: TemporaryFolder, program: string, rest = '') {
  const file = await folder.write('my program.cjs', program)
  const line = `"${process.execPath}" '${file}' ${rest}`
  return providerOf(
    folder,
    { config: `[default]\ncredential_process = ${line}\n` },
    {},
    { SECRET: 's3cret' },
  )
}

test('a process gives keys; the shell has no part in it', async () => {
  await using folder = await temporaryFolder()
  const provider = await processProfile(
    folder,
    `console.log(JSON.stringify({ Version: 1, AccessKeyId: 'P', SecretAccessKey: process.env.SECRET,
      SessionToken: Buffer.from(process.argv.slice(2).join('|')).toString('hex'),
      Expiration: '2026-01-02T05:04:05+01:00' }))`,
    `"a b" $HOME ;touch && x > ${folder.path}/made \`id\` "c\\"d"`,
  )
  expect(await provider()).toEqual({
    accessKey: 'P',
    secretKey: 's3cret',
    sessionToken: Buffer.from(`a b|$HOME`).toString('hex'),
    expiration: new Date('2026-01-02T04:04:05Z'),
  })
})

test('characters of a shell reach the process as they are', async () => {
  await using folder = await temporaryFolder()
  const provider = await processProfile(
    folder,
    `console.log(JSON.stringify({ Version: 1, AccessKeyId: 'P', SecretAccessKey: 's',
      SessionToken: process.argv.slice(2).join(',') }))`,
    `a;touch && x > ${folder.path}/made \`id\` "c\\"d"`,
  )
  expect((await provider())?.sessionToken).toBe(`a;touch,&&,x,>,${folder.path}/made,\`id\`,c"d`)
  const { readdir } = await import('node:fs/promises')
  expect(await readdir(folder.path)).not.toContain('made')
})

test.each([
  ['another version', `console.log('{"Version":2,"AccessKeyId":"A","SecretAccessKey":"s3cret"}')`],
  [
    'a version as text',
    `console.log('{"Version":"1","AccessKeyId":"A","SecretAccessKey":"s3cret"}')`,
  ],
  ['half of the keys', `console.log('{"Version":1,"SecretAccessKey":"s3cret"}')`],
  [
    'a wrong time',
    `console.log('{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3cret","Expiration":"soon"}')`,
  ],
  ['no JSON', `console.log('s3cret')`],
  ['nothing', ``],
  ['too much', `console.log('s3cret'.repeat(20000))`],
  ['a failure', `console.error('s3cret'); console.log('s3cret'); process.exit(3)`],
])('a process that gives %s is refused, and nothing of it is shown', async (_name, program) => {
  await using folder = await temporaryFolder()
  const error = await failureOf((await processProfile(folder, program, 's3cret-argument'))())
  expect(error).toMatchObject({ name: 'CredentialsError', source: 'credential-process' })
  expectNoSecrets(error, 's3cret')
})

test.each(['/nonexistent/program', '"open', "''"])('the process %s is refused', async (line) => {
  await using folder = await temporaryFolder()
  const provider = await providerOf(folder, { config: `[default]\ncredential_process = ${line}\n` })
  expect(await failureOf(provider())).toMatchObject({ source: 'credential-process' })
})

test.each([{ profile: '' }, { path: '' }, { stsEndpoint: 'ftp://x' }])('refuses %o', (options) => {
  expect(() => awsConfigCredentials(options)).toThrow(
    expect.objectContaining({ name: 'InvalidArgumentError', argument: expect.any(String) }),
  )
})
