import { mkdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  mcConfigProvider,
  type McConfigOptions,
} from '../../src/credentials/mc-config-credentials.ts'
import { mcConfigCredentials } from '../../src/index.ts'
import { expectNoSecrets, failureOf, partsFor, temporaryFolder, VirtualClock } from './support.ts'

const parts = partsFor(new VirtualClock())

const version10 = {
  version: '10',
  aliases: {
    s3: {
      url: 'https://s3.amazonaws.com',
      accessKey: 'S',
      secretKey: 's',
      api: 'S3v4',
      path: 'dns',
    },
    play: { url: 'https://play.min.io', accessKey: 'P', secretKey: 'p', api: 'S3v4', path: 'auto' },
    open: { url: 'https://open.example', accessKey: '', secretKey: '' },
    half: { url: 'https://half.example', accessKey: 'H', secretKey: '' },
  },
}
const version9 = { version: '9', hosts: version10.aliases }

test.each([
  ['version 10', version10, {}, {}, 'S'],
  ['version 9', version9, {}, {}, 'S'],
  ['the alias of an option', version10, { alias: 'play' }, {}, 'P'],
  ['MINIO_ALIAS', version9, {}, { MINIO_ALIAS: 'play' }, 'P'],
  ['an option over MINIO_ALIAS', version10, { alias: 's3' }, { MINIO_ALIAS: 'play' }, 'S'],
  ['an alias for anonymous use', version10, { alias: 'open' }, {}, undefined],
])('reads %s', async (_name, config, options: McConfigOptions, environment, accessKey) => {
  await using folder = await temporaryFolder()
  const path = await folder.write('config.json', JSON.stringify(config))
  const keys = await mcConfigProvider({ path, environment, ...options }, parts)()
  expect(keys?.accessKey).toBe(accessKey)
})

test('finds the file by variables, then at home', async () => {
  await using folder = await temporaryFolder()
  const text = JSON.stringify(version10)
  const own = await folder.write('own.json', text)
  await folder.write('config.json', text)
  await mkdir(`${folder.path}/.mc`)
  await mkdir(`${folder.path}/mc`)
  await folder.write('.mc/config.json', text)
  await folder.write('mc/config.json', text)
  const environments = [
    { MINIO_SHARED_CREDENTIALS_FILE: own },
    { MC_CONFIG_DIR: folder.path },
    { HOME: folder.path },
  ]
  for (const environment of environments) {
    expect(await mcConfigProvider({ environment }, parts)()).toMatchObject({ accessKey: 'S' })
  }
  const bySystem = { ...parts, homeDirectory: () => folder.path }
  expect(await mcConfigProvider({ environment: {} }, bySystem)()).toMatchObject({ accessKey: 'S' })
})

test('what nobody named may be missing', async () => {
  await using folder = await temporaryFolder()
  const environment = { MC_CONFIG_DIR: folder.path }
  expect(await mcConfigProvider({ environment }, parts)()).toBeUndefined()
  await folder.write('config.json', '{"version":"10","aliases":{}}')
  expect(await mcConfigProvider({ environment }, parts)()).toBeUndefined()
})

test.each([
  ['broken', '{"aliases": {"s3": {"secretKey": "s3cret"'],
  ['a list', '["s3cret"]'],
  ['empty', ''],
  ['without the alias', JSON.stringify({ aliases: { other: { secretKey: 's3cret' } } })],
  ['without one of the keys', JSON.stringify({ aliases: { play: { secretKey: 's3cret' } } })],
  ['of the wrong types', JSON.stringify({ aliases: { play: ['s3cret'] } })],
  ['too large', `{"x":"${'s3cret'.repeat(200_000)}"}`],
])('a file that is %s is refused, and nothing of it is shown', async (_name, text) => {
  await using folder = await temporaryFolder()
  const path = await folder.write('config.json', text)
  const error = await failureOf(mcConfigProvider({ path, alias: 'play' }, parts)())
  expect(error).toMatchObject({ name: 'CredentialsError', source: 'mc-config' })
  expectNoSecrets(error, 's3cret')
})

test('names of the prototype are no aliases', async () => {
  await using folder = await temporaryFolder()
  const path = await folder.write('config.json', '{"aliases":{},"hosts":{}}')
  for (const alias of ['__proto__', 'constructor', 'toString']) {
    const error = await failureOf(mcConfigProvider({ path, alias }, parts)())
    expect(error).toMatchObject({ source: 'mc-config' })
  }
  await folder.write('config.json', '{"aliases":{"__proto__":{"accessKey":"O","secretKey":"o"}}}')
  expect(await mcConfigProvider({ path, alias: '__proto__' }, parts)()).toMatchObject({
    accessKey: 'O',
  })
  expect(Reflect.get({}, 'accessKey')).toBeUndefined()
})

test('a file that was named must be there', async () => {
  const path = '/nonexistent/config.json'
  expect(await failureOf(mcConfigProvider({ path }, parts)())).toMatchObject({
    source: 'mc-config',
  })
  const byAlias = mcConfigProvider({ alias: 'x', environment: { HOME: '/nonexistent' } }, parts)
  expect(await failureOf(byAlias())).toMatchObject({ source: 'mc-config' })
})

test.each([{ alias: '' }, { path: '' }])('refuses %o', (options) => {
  expect(() => mcConfigCredentials(options)).toThrow(
    expect.objectContaining({ name: 'InvalidArgumentError' }),
  )
})
