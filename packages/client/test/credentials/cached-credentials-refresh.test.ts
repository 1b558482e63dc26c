import { expect, test } from 'vitest'
import { CachedCredentials } from '../../src/credentials/cached-credentials.ts'
import type { Credentials } from '../../src/credentials/credentials-provider.ts'
import { CredentialsError, InvalidArgumentError } from '../../src/errors.ts'
import { failureOf, VirtualClock } from './support.ts'

const minute = 60

/** A provider that counts, and gives keys with a number; a setting of the test may stop it. */
function numberedProvider(clock: VirtualClock, lifeSeconds: number | undefined) {
  const state: { asked: number; answer: 'keys' | 'nothing' | 'failure' } = {
    asked: 0,
    answer: 'keys',
  }
  const provider = (): Promise<Credentials | undefined> => {
    state.asked++
    if (state.answer === 'failure') return Promise.reject(new Error('down'))
    if (state.answer === 'nothing') return Promise.resolve(undefined)
    const expiration = lifeSeconds === undefined ? undefined : clock.in(lifeSeconds)
    return Promise.resolve({ accessKey: `key-${state.asked}`, secretKey: 'secret', expiration })
  }
  return { state, cached: new CachedCredentials(provider, clock) }
}

async function keyOf(cached: CachedCredentials): Promise<string | undefined> {
  return (await cached.get())?.accessKey
}

test('a thousand first callers share one request', async () => {
  const { cached, state } = numberedProvider(new VirtualClock(), 3600)
  const keys = await Promise.all(Array.from({ length: 1000 }, () => keyOf(cached)))
  expect(new Set(keys)).toEqual(new Set(['key-1']))
  expect(state.asked).toBe(1)
})

test('keys that are at hand come without a promise', async () => {
  const { cached } = numberedProvider(new VirtualClock(), 3600)
  await cached.get()
  expect(cached.get()).not.toBeInstanceOf(Promise)
})

test.each([
  { life: 60 * minute, renewedAt: 55 * minute },
  { life: 15 * minute, renewedAt: 12 * minute },
  { life: 2 * minute, renewedAt: 96 },
])('keys that live for $life s are renewed after $renewedAt s', async ({ life, renewedAt }) => {
  const clock = new VirtualClock()
  const { cached } = numberedProvider(clock, life)
  await cached.get()
  clock.now += renewedAt * 1000 - 1
  expect(await keyOf(cached)).toBe('key-1')
  clock.now += 1
  expect(await Promise.all([keyOf(cached), keyOf(cached)])).toEqual(['key-2', 'key-2'])
})

test('keys without an end are asked for once, until the store calls them expired', async () => {
  const clock = new VirtualClock()
  const { cached } = numberedProvider(clock, undefined)
  await cached.get()
  clock.now += 1e12
  expect(await keyOf(cached)).toBe('key-1')
  cached.invalidate()
  expect(await keyOf(cached)).toBe('key-2')
})

test.each(['failure', 'nothing'] as const)(
  'a refresh that ends in %s keeps what is valid, asks again after a pause, and fails at the end',
  async (answer) => {
    const clock = new VirtualClock()
    const { cached, state } = numberedProvider(clock, 60 * minute)
    await cached.get()
    state.answer = answer
    clock.now += 56 * minute * 1000
    expect(await keyOf(cached)).toBe('key-1')
    expect(await keyOf(cached)).toBe('key-1')
    expect(state.asked).toBe(2)
    clock.now += 30_000
    expect(await keyOf(cached)).toBe('key-1')
    expect(state.asked).toBe(3)
    clock.now += 4 * minute * 1000
    expect(await failureOf(keyOf(cached))).toBeInstanceOf(Error)
    state.answer = 'keys'
    expect(await keyOf(cached)).toBe('key-5')
  },
)

test('keys that have expired when they come are refused', async () => {
  const { cached } = numberedProvider(new VirtualClock(), 0)
  expect(await failureOf(keyOf(cached))).toMatchObject({ source: 'provider' })
  expect(await failureOf(keyOf(cached))).toBeInstanceOf(CredentialsError)
})

test('keys that no header can carry are refused', async () => {
  const provider = (): Promise<Credentials> =>
    Promise.resolve({ accessKey: 'a\r\nb', secretKey: 'secret' })
  const cached = new CachedCredentials(provider, new VirtualClock())
  expect(await failureOf(keyOf(cached))).toBeInstanceOf(InvalidArgumentError)
})

test('no keys at all is an answer, too, for a minute', async () => {
  const clock = new VirtualClock()
  const { cached, state } = numberedProvider(clock, 3600)
  state.answer = 'nothing'
  expect(await keyOf(cached)).toBeUndefined()
  expect(cached.get()).toBeUndefined()
  state.answer = 'keys'
  clock.now += minute * 1000
  expect(await keyOf(cached)).toBe('key-2')
})
