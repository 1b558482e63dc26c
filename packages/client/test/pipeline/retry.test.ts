import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { describeWithVectors } from '../../../../test/support/vectors.ts'
import {
  errorReply,
  httpReply,
  reset,
  ScriptedServer,
  type Script,
} from '../../../../test/support/scripted-server.ts'
import { InvalidArgumentError, S3Error, TransportError } from '../../src/errors.ts'
import { getObject } from '../../src/operations/get-object.ts'
import { makeBucket } from '../../src/operations/make-bucket.ts'
import { removeBucket } from '../../src/operations/remove-bucket.ts'
import type { CallOptions, ClientOptions } from '../../src/options.ts'
import { retryAfterMs, retryClass, RetryPolicy, RetryQuota } from '../../src/pipeline/retry.ts'
import { uploadData } from '../../src/transfer/put-object.ts'
import type { S3Request } from '../../src/request/request.ts'
import { assembledFor, clientOf, failureOf, putText, VirtualClock } from '../support/assembled.ts'
import { withoutLeaks } from '../support/leaks.ts'

const slowDown = errorReply(503, 'SlowDown')
const internal = errorReply(500, 'InternalError')
const stored = httpReply(200, { etag: '"e"' })

interface Run {
  readonly outcome: unknown
  readonly requests: number
  readonly sleeps: readonly number[]
}

async function run(
  script: Script,
  call: { readonly request?: S3Request<unknown>; readonly options?: CallOptions } = {},
  options: Partial<ClientOptions> = {},
): Promise<Run> {
  await using server = await ScriptedServer.start(script)
  const clock = new VirtualClock()
  await using parts = assembledFor(server.endpoint, { clock }, options)
  const sent = parts.pipeline.send(call.request ?? putText('data'), call.options ?? {})
  const outcome = await sent.catch((error: unknown) => error)
  return { outcome, requests: server.requests.length, sleeps: clock.sleeps }
}

interface Published {
  readonly max_attempts_default: number
  readonly backoff: { readonly transient_ceiling_by_attempt_1_to_11: readonly number[] }
  readonly retry_after_header: {
    readonly cases_attempt1_rand1_transient: readonly {
      readonly header: string
      readonly delay: number
    }[]
  }
  readonly throttling_codes: readonly string[]
  readonly transient: { readonly codes: readonly string[]; readonly statuses: readonly number[] }
  readonly s3_extra: { readonly minio_js_statuses: readonly number[] }
}

function s3Error(code: string, status: number): S3Error {
  const nothing = { requestId: undefined, hostId: undefined, region: undefined, key: undefined }
  const facts = { operation: 'PutObject', bucket: undefined, retryAfterMs: undefined, attempts: 1 }
  return new S3Error('', { ...nothing, ...facts, code, status })
}

describeWithVectors<Published>('the published rules', 'retry/aws-2026-standard.json', (rules) => {
  const policy = new RetryPolicy({}, () => 1)

  it('allow as many attempts', () => {
    expect(policy.maxAttempts).toBe(rules.max_attempts_default)
  })

  it('double the ceiling of the pause', () => {
    const ceilings = rules.backoff.transient_ceiling_by_attempt_1_to_11
    const ours = ceilings.map((_, index) => policy.delayMs('transient', index + 1, undefined))
    expect(ours).toEqual(ceilings.map((seconds) => seconds * 1000))
  })

  it.each(rules.retry_after_header.cases_attempt1_rand1_transient)(
    'heed the hint $header',
    ({ header, delay }) => {
      const hintMs = retryAfterMs((name) => (name === 'x-amz-retry-after' ? header : undefined), 0)
      expect(policy.delayMs('transient', 1, hintMs)).toBe(delay * 1000)
    },
  )

  it('name what is throttling and what is transient', () => {
    for (const code of rules.throttling_codes) {
      expect(retryClass(s3Error(code, 400), true), code).toBeDefined()
    }
    for (const code of rules.transient.codes) {
      expect(retryClass(s3Error(code, 400), true), code).toBeDefined()
    }
    for (const status of [...rules.transient.statuses, ...rules.s3_extra.minio_js_statuses]) {
      expect(retryClass(s3Error('Other', status), true), String(status)).toBeDefined()
    }
  })
})

describe('pauses', () => {
  it('are spread evenly below their ceiling', () => {
    let seed = 1
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const policy = new RetryPolicy({}, random)
    const perSecond = new Map<number, number>()
    for (let count = 0; count < 10_000; count++) {
      const second = Math.floor(policy.delayMs('transient', 10, undefined) / 1000)
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
    }
    expect(perSecond.size).toBe(20)
    for (const count of perSecond.values()) expect(Math.abs(count - 500)).toBeLessThan(100)
  })

  it('start at 1 s after throttling, at 50 ms after trouble, and are jittered', async () => {
    expect((await run([slowDown])).sleeps).toEqual([1000, 2000])
    expect((await run([internal])).sleeps).toEqual([50, 100])
    const policy = new RetryPolicy({}, () => 0)
    expect(policy.delayMs('throttling', 5, undefined)).toBe(0)
  })

  it.each([
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '60' }, 6000],
    [{ 'retry-after': new Date(new VirtualClock().now + 4000).toUTCString() }, 4000],
    [{ 'retry-after': new Date(0).toUTCString() }, 1000],
    [{ 'retry-after': 'soon' }, 1000],
    [{ 'retry-after': '-5' }, 1000],
    [{ 'x-amz-retry-after': '1500' }, 1500],
    [{ 'x-amz-retry-after': '1500', 'retry-after': '5' }, 1500],
    [{ 'x-amz-retry-after': '1e9' }, 1000],
  ])('heed %j', async (headers, pauseMs) => {
    const { sleeps } = await run([errorReply(503, 'SlowDown', {}, headers), stored])
    expect(sleeps).toEqual([pauseMs])
  })

  it('end when the client is closed', async () => {
    const hint = errorReply(503, 'SlowDown', {}, { 'x-amz-retry-after': '4000' })
    await using server = await ScriptedServer.start([hint])
    for (const options of [{}, { signal: new AbortController().signal }]) {
      const client = clientOf(server.endpoint)
      await withoutLeaks(server, client, async () => {
        const waiting = failureOf(client.putObject('bkt', 'k', 'x', options))
        const before = server.requests.length
        while (server.requests.length === before) await pause(1)
        await pause(50)
        await client.close()
        expect(await waiting).toMatchObject({ name: 'TransportError', kind: 'closed' })
      })
    }
  })

  it('that would outlast the deadline are not begun', async () => {
    const started = performance.now()
    const hint = errorReply(503, 'SlowDown', {}, { 'x-amz-retry-after': '4000' })
    const { outcome, requests, sleeps } = await run([hint], { options: { timeout: 2000 } })
    expect(outcome).toMatchObject({ code: 'SlowDown', attempts: 1 })
    expect([requests, sleeps]).toEqual([1, []])
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('the quota', () => {
  it('counts as published', () => {
    const quota = new RetryQuota()
    expect(quota.tokens).toBe(500)
    expect(quota.take('transient')).toBe(true)
    expect(quota.tokens).toBe(486)
    quota.refund(undefined)
    expect(quota.tokens).toBe(487)
    quota.refund('transient')
    expect(quota.tokens).toBe(500)
    expect(quota.take('throttling')).toBe(true)
    expect(quota.tokens).toBe(495)
    for (let count = 0; count < 99; count++) expect(quota.take('throttling')).toBe(true)
    expect(quota.tokens).toBe(0)
    expect(quota.take('throttling')).toBe(false)
    expect(quota.take('transient')).toBe(false)
    expect(quota.tokens).toBe(0)
  })

  it('bounds a storm, and recovers with the store', async () => {
    let storm = true
    await using server = await ScriptedServer.start(() => (storm ? slowDown : stored))
    await using parts = assembledFor(server.endpoint)
    const call = (): Promise<unknown> =>
      parts.pipeline.send(putText('x'), {}).catch((error: unknown) => error)
    for (let count = 0; count < 120; count++) expect(await call()).toBeInstanceOf(S3Error)
    // 500 tokens at 5 a retry: 100 retries, and not one more.
    expect(server.requests).toHaveLength(220)
    storm = false
    for (let count = 0; count < 5; count++) expect(await call()).toMatchObject({ etag: 'e' })
    storm = true
    expect(await call()).toBeInstanceOf(S3Error)
    expect(server.requests).toHaveLength(220 + 5 + 2)
  })

  it('gets nothing back for a failure, nor loses anything to what may not be retried', async () => {
    const refused = errorReply(400, 'InvalidArgument')
    await using server = await ScriptedServer.start([internal, refused])
    await using parts = assembledFor(server.endpoint)
    await failureOf(parts.pipeline.send(putText('x'), {}))
    expect(server.requests).toHaveLength(2)
  })
})

describe('attempts', () => {
  it('end with the last error, which tells their number', async () => {
    const { outcome, requests } = await run([internal, slowDown, internal])
    expect(outcome).toMatchObject({ name: 'S3Error', code: 'InternalError', attempts: 3 })
    expect(requests).toBe(3)
  })

  it('end with a success', async () => {
    const { outcome, requests } = await run([internal, slowDown, stored])
    expect(outcome).toMatchObject({ etag: 'e' })
    expect(requests).toBe(3)
  })

  it.each([1, 2, 5])('are at most %i', async (maxAttempts) => {
    const { requests, outcome } = await run([internal], {}, { retry: { maxAttempts } })
    expect(requests).toBe(maxAttempts)
    expect(outcome).toMatchObject({ attempts: maxAttempts })
  })

  it.each([0, -1, 1.5, Number.NaN, 101, '3'])('cannot be %s', (maxAttempts) => {
    const retry: unknown = { maxAttempts }
    expect(() => assembledFor('host', {}, { retry: retry as { maxAttempts: number } })).toThrow(
      InvalidArgumentError,
    )
  })

  it.each([408, 429, 499, 500, 502, 503, 504, 509, 520])('follow an empty %i', async (status) => {
    expect((await run([httpReply(status), stored])).requests).toBe(2)
  })

  it.each(['BadDigest', 'XAmzContentSHA256Mismatch'])(
    'follow %s: the bytes changed on their way',
    async (code) => expect((await run([errorReply(400, code), stored])).requests).toBe(2),
  )

  it.each([400, 401, 403, 404, 405, 409, 411, 412, 413, 416, 501])(
    'do not follow an empty %i',
    async (status) => expect((await run([httpReply(status), stored])).requests).toBe(1),
  )

  it('are each signed anew', async () => {
    await using server = await ScriptedServer.start([slowDown, stored])
    await using parts = assembledFor(server.endpoint)
    await parts.pipeline.send(putText('x'), {})
    const [first, second] = server.requests.map((request) => request.header('x-amz-date'))
    expect([first, second]).toEqual(['20260102T030405Z', '20260102T030406Z'])
  })

  it('send bytes, Blobs and sources again, whole', async () => {
    for (const data of ['some data', new Blob(['some data']), ['some ', 'data']]) {
      await using server = await ScriptedServer.start([internal, stored])
      await using client = clientOf(server.endpoint)
      await client.putObject('bkt', 'k', data)
      const bodies = server.requests.map(({ body }) => body.toString())
      expect(bodies).toEqual(['some data', 'some data'])
    }
  })

  it('send what a source gave again, although it can be read but once', async () => {
    for (const script of [
      [internal, stored],
      [slowDown, stored],
      [{ steps: [reset] }, stored],
    ]) {
      await using server = await ScriptedServer.start(script)
      await using parts = assembledFor(server.endpoint)
      const data = Readable.from([Buffer.from('da'), Buffer.from('ta')])
      await uploadData(parts.pipeline, 'bkt', 'k', data, { length: 4 })
      expect(server.requests.map(({ body }) => body.toString())).toEqual(['data', 'data'])
    }
  })
})

describe('a request that must not happen twice', () => {
  const request = putText('x', { 'if-none-match': '*' })
  it('is not sent again when its fate is unknown', async () => {
    for (const reply of [internal, httpReply(502), { steps: [reset] }]) {
      expect((await run([reply, stored], { request })).requests).toBe(1)
    }
  })

  it('is, when it was throttled', async () => {
    expect((await run([slowDown, stored], { request })).requests).toBe(2)
  })

  it('is, when it cannot have been sent', () => {
    const facts = { responseStarted: false }
    const refused = new TransportError('connect', '', { ...facts, requestSent: false })
    const lost = new TransportError('reset', '', { ...facts, requestSent: true })
    expect(retryClass(refused, false)).toBe('transient')
    expect(retryClass(lost, false)).toBeUndefined()
    expect(retryClass(lost, true)).toBe('transient')
  })
})

describe.each([
  [
    'making a bucket',
    makeBucket('bkt', 'us-east-1', {}),
    errorReply(409, 'BucketAlreadyOwnedByYou'),
  ],
  ['removing a bucket', removeBucket('bkt'), errorReply(404, 'NoSuchBucket')],
])('%s', (_name, request, isSo) => {
  it('succeeds when an attempt without an answer did it', async () => {
    for (const lost of [{ steps: [reset] }, internal]) {
      expect((await run([lost, isSo], { request })).outcome).toBeUndefined()
    }
  })

  it('does not take for its own what others did', async () => {
    for (const script of [[isSo], [slowDown, isSo]]) {
      expect((await run(script, { request })).outcome).toBeInstanceOf(S3Error)
    }
  })

  it('does not take for its own what it never sent', async () => {
    await using server = await ScriptedServer.start([isSo])
    let isRefused = true
    const agent = new Agent()
    const dispatcher = agent.compose((dispatch) => (options, handler) => {
      const refused = isRefused
      isRefused = false
      const origin = refused ? 'http://127.0.0.1:1' : server.endpoint
      return dispatch({ ...options, origin }, handler)
    })
    await using parts = assembledFor(server.endpoint, {}, { dispatcher })
    expect(await failureOf(parts.pipeline.send(request, {}))).toBeInstanceOf(S3Error)
    expect(isRefused).toBe(false)
    await agent.close()
  })
})

describe('network trouble', () => {
  it('is retried for reads whose head has not come', async () => {
    await using server = await ScriptedServer.start([
      { steps: [reset] },
      { steps: [reset] },
      httpReply(200, {}, 'hello'),
    ])
    await using parts = assembledFor(server.endpoint)
    const reader = await parts.pipeline.sendStream(getObject('bkt', 'k', {}), {})
    expect(Buffer.from(await reader.body.readAll()).toString()).toBe('hello')
  })

  it('that goes on ends with its kind and its attempts', async () => {
    const { outcome, requests } = await run([{ steps: [reset] }])
    expect(outcome).toMatchObject({ name: 'TransportError', kind: 'reset', requestSent: true })
    expect(requests).toBe(3)
    expect(outcome).toMatchObject({ attempts: 3 })
  })
})
