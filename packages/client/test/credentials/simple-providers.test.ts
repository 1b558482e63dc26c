import { describe, expect, it } from 'vitest'
import { httpReply, ScriptedServer } from '../../../../test/support/scripted-server.ts'
import { chainCredentials } from '../../src/credentials/chain-credentials.ts'
import type { Credentials } from '../../src/credentials/credentials-provider.ts'
import { envAwsCredentials, envMinioCredentials } from '../../src/credentials/env-credentials.ts'
import { staticCredentials } from '../../src/credentials/static-credentials.ts'
import { clientOf } from '../support/assembled.ts'

describe('a chain of providers', () => {
  const keys = { accessKey: 'a', secretKey: 's' }
  /** Gives what it is told to, and counts. */
  function source(answers: readonly (Credentials | undefined | Error)[]) {
    const asked = { count: 0 }
    const provider = async (): Promise<Credentials | undefined> => {
      const answer = answers[Math.min(asked.count++, answers.length - 1)]
      if (answer instanceof Error) throw answer
      return answer
    }
    return { asked, provider }
  }

  it('asks in order, and the one that had keys first from then on', async () => {
    const empty = source([undefined])
    const second = source([keys])
    const third = source([{ ...keys, accessKey: 'never' }])
    const chain = chainCredentials(empty.provider, second.provider, third.provider)
    expect(await chain()).toEqual(keys)
    expect(await chain()).toEqual(keys)
    expect([empty, second, third].map(({ asked }) => asked.count)).toEqual([1, 2, 0])
  })

  it('goes through all again when that one has none any more', async () => {
    const first = source([undefined, { ...keys, accessKey: 'later' }])
    const second = source([keys, undefined])
    const chain = chainCredentials(first.provider, second.provider)
    expect(await chain()).toMatchObject({ accessKey: 'a' })
    expect(await chain()).toMatchObject({ accessKey: 'later' })
  })

  it('ends at one that fails, as that would hide behind the keys of another', async () => {
    const failure = new Error('a broken file')
    const second = source([keys])
    const chain = chainCredentials(source([failure]).provider, second.provider)
    await expect(chain()).rejects.toBe(failure)
    expect(second.asked.count).toBe(0)
  })

  it('without any keys is anonymous, not an error', async () => {
    const chain = chainCredentials(source([undefined]).provider, source([undefined]).provider)
    expect(await chain()).toBeUndefined()
    expect(await chainCredentials()()).toBeUndefined()
    await using server = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    const none = { accessKey: undefined, secretKey: undefined }
    await using client = clientOf(server.endpoint, { ...none, credentials: chain })
    await client.statObject('bkt', 'k')
    expect(server.onlyRequest.header('authorization')).toBeUndefined()
  })
})

describe('static keys', () => {
  it.each([
    ['accessKey', null, 's'],
    ['accessKey', '', 's'],
    ['accessKey', undefined, 's'],
    ['secretKey', 'a', null],
    ['secretKey', 'a', ''],
    ['secretKey', 'a', undefined],
    ['secretKey', 'a', 's\n'],
    ['accessKey', 'a b', 's'],
  ])('cannot have the %s of %j and %j', (argument, accessKey, secretKey) => {
    // Wrong on purpose.
    expect(() => staticCredentials(accessKey as string, secretKey as string)).toThrow(
      expect.objectContaining({ argument }),
    )
  })
})

describe('the environment', () => {
  it.each<[string, Record<string, string>, object | undefined]>([
    ['nothing', {}, undefined],
    ['a key alone', { AWS_ACCESS_KEY_ID: 'a' }, undefined],
    ['an empty secret', { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: '' }, undefined],
    [
      'AWS',
      { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' },
      { accessKey: 'a', secretKey: 'b', sessionToken: 'c' },
    ],
    [
      'AWS, older names',
      { AWS_ACCESS_KEY: 'a', AWS_SECRET_KEY: 'b' },
      { accessKey: 'a', secretKey: 'b' },
    ],
    ['MinIO', { MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 'b' }, { accessKey: 'a', secretKey: 'b' }],
    [
      'root of MinIO',
      { MINIO_ROOT_USER: 'a', MINIO_ROOT_PASSWORD: 'b' },
      { accessKey: 'a', secretKey: 'b' },
    ],
    [
      'both: AWS first',
      { MINIO_ROOT_USER: 'm', MINIO_ROOT_PASSWORD: 'm', AWS_ACCESS_KEY: 'a', AWS_SECRET_KEY: 'b' },
      { accessKey: 'a' },
    ],
  ])('%s', async (_case, environment, expected) => {
    const chain = chainCredentials(envAwsCredentials(environment), envMinioCredentials(environment))
    const found = await chain()
    if (expected === undefined) expect(found).toBeUndefined()
    else expect(found).toMatchObject(expected)
  })
})
