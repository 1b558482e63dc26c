import { describe, expect, it } from 'vitest'
import {
  errorReply,
  httpReply,
  ScriptedServer,
  type Script,
} from '../../../../test/support/scripted-server.ts'
import { CachedCredentials } from '../../src/credentials/cached-credentials.ts'
import type { Credentials } from '../../src/credentials/credentials-provider.ts'
import { assembledFor, failureOf, putText, VirtualClock } from '../support/assembled.ts'

const minuteMs = 60_000

/** A provider whose keys are numbered and live for so long; it notes how often it was asked. */
function numbered(
  clock: VirtualClock,
  lifeMs: number,
): { asked: number; give(): Promise<Credentials> } {
  return {
    asked: 0,
    async give() {
      this.asked++
      const accessKey = `AKID${this.asked}`
      return { accessKey, secretKey: 'secret', expiration: new Date(clock.now + lifeMs) }
    },
  }
}

describe('CachedCredentials', () => {
  it('asks once for any number of callers', async () => {
    const provider = numbered(new VirtualClock(), 60 * minuteMs)
    const cached = new CachedCredentials(() => provider.give(), new VirtualClock())
    const all = await Promise.all(Array.from({ length: 1000 }, async () => cached.get()))
    expect(new Set(all.map((credentials) => credentials?.accessKey))).toEqual(new Set(['AKID1']))
    expect(provider.asked).toBe(1)
  })

  it('asks again five minutes before the end, not earlier', async () => {
    const clock = new VirtualClock()
    const provider = numbered(clock, 60 * minuteMs)
    const cached = new CachedCredentials(() => provider.give(), clock)
    await cached.get()
    clock.now += 55 * minuteMs - 1
    expect(await cached.get()).toMatchObject({ accessKey: 'AKID1' })
    clock.now += 1
    expect(await cached.get()).toMatchObject({ accessKey: 'AKID2' })
  })

  it('keeps what is still good when asking fails, and fails when it ends', async () => {
    const clock = new VirtualClock()
    const provider = numbered(clock, 60 * minuteMs)
    let broken = false
    const cached = new CachedCredentials(async () => {
      if (broken) throw new Error('out of reach')
      return provider.give()
    }, clock)
    await cached.get()
    broken = true
    clock.now += 58 * minuteMs
    expect(await cached.get()).toMatchObject({ accessKey: 'AKID1' })
    clock.now += 3 * minuteMs
    await expect(cached.get()).rejects.toThrow()
    broken = false
    expect(await cached.get()).toMatchObject({ accessKey: 'AKID2' })
  })

  it('remembers that there are none', async () => {
    let asked = 0
    const cached = new CachedCredentials(async () => {
      asked++
      return undefined
    }, new VirtualClock())
    await cached.get()
    expect(cached.get()).toBeUndefined()
    expect(asked).toBe(1)
  })

  it.each([{ accessKey: 'a b', secretKey: 'x' }, { accessKey: 'a', secretKey: '' }, {}])(
    'refuses what a provider cannot mean: %j',
    async (credentials) => {
      const given: unknown = credentials
      const cached = new CachedCredentials(async () => given as Credentials, new VirtualClock())
      await expect(cached.get()).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    },
  )
})

describe('keys that a store calls expired', () => {
  const put = async (script: Script): Promise<{ keysUsed: unknown[]; outcome: unknown }> => {
    await using server = await ScriptedServer.start(script)
    const clock = new VirtualClock()
    const provider = numbered(clock, 60 * minuteMs)
    await using parts = assembledFor(
      server.endpoint,
      { clock },
      { accessKey: undefined, secretKey: undefined, credentials: () => provider.give() },
    )
    const outcome = await parts.pipeline.send(putText('x'), {}).catch((error: unknown) => error)
    const keysUsed = server.requests.map(
      (request) => /Credential=(\w+)/.exec(request.header('authorization') ?? '')?.[1],
    )
    return { keysUsed, outcome }
  }

  it('are asked for again, once', async () => {
    const expired = errorReply(400, 'ExpiredToken')
    const { keysUsed, outcome } = await put([expired, httpReply(200, { etag: '"e"' })])
    expect(outcome).toMatchObject({ etag: 'e' })
    expect(keysUsed).toEqual(['AKID1', 'AKID2'])
    const again = await put([expired])
    expect(again.outcome).toMatchObject({ code: 'ExpiredToken', attempts: 2 })
    expect(again.keysUsed).toEqual(['AKID1', 'AKID2'])
  })
})

describe('keys that end while a call waits for its next attempt', () => {
  it('are renewed before it', async () => {
    const slowDown = errorReply(503, 'SlowDown')
    await using server = await ScriptedServer.start([slowDown, httpReply(200, { etag: '"e"' })])
    const clock = new VirtualClock()
    const provider = numbered(clock, 60 * minuteMs)
    const credentials = () => provider.give()
    const none = { accessKey: undefined, secretKey: undefined }
    await using parts = assembledFor(server.endpoint, { clock }, { ...none, credentials })
    clock.sleep = (ms) => {
      clock.now += ms + 60 * minuteMs
      return Promise.resolve()
    }
    await parts.pipeline.send(putText('x'), {})
    const used = server.requests.map((request) => request.header('authorization') ?? '')
    expect(used.map((text) => /Credential=(\w+)/.exec(text)?.[1])).toEqual(['AKID1', 'AKID2'])
  })
})

describe('a provider that fails', () => {
  it('fails the call with its own error, and nothing is sent', async () => {
    const failure = new Error('no metadata service')
    await using server = await ScriptedServer.start([httpReply(200)])
    await using parts = assembledFor(
      server.endpoint,
      {},
      {
        accessKey: undefined,
        secretKey: undefined,
        credentials: async () => {
          throw failure
        },
      },
    )
    expect(await failureOf(parts.pipeline.send(putText('x'), {}))).toBe(failure)
    expect(server.connections).toBe(0)
  })
})
