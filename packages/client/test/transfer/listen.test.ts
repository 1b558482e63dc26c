import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  InvalidArgumentError,
  InvalidResponseError,
  isS3Error,
  isTransportError,
  NotSupportedError,
} from '../../src/errors.ts'
import type { ListenOptions } from '../../src/operations/listen-bucket-notification.ts'
import type { NotificationEvent } from '../../src/results/notification-event.ts'
import { listen } from '../../src/transfer/listen.ts'
import {
  end,
  errorReply,
  httpHead,
  httpReply,
  reset,
  ScriptedServer,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { assembledFor, clientOf, failureOf, VirtualClock } from '../support/assembled.ts'

const head = httpHead(200, {
  'content-type': 'text/event-stream',
  'transfer-encoding': 'chunked',
})
const chunk = (data: string | Uint8Array): Buffer => {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ])
}
const lastChunk = '0\r\n\r\n'
const never: Step = { until: () => new Promise(() => {}) }
const oneTurn: Step = { until: () => new Promise(setImmediate) }

function record(key: string): Record<string, unknown> {
  return {
    eventVersion: '2.0',
    eventName: 's3:ObjectCreated:Put',
    eventTime: '2026-01-02T03:04:05.678Z',
    userIdentity: { principalId: 'me' },
    s3: {
      bucket: { name: 'bucket' },
      object: { key, size: 7, eTag: 'e1', versionId: 'v1', sequencer: '0A', contentType: 'text/x' },
    },
  }
}

const line = (...keys: readonly string[]): string =>
  `${JSON.stringify({ Records: keys.map(record) })}\n`

/** The first so many events; then the loop is left. */
async function take(
  source: AsyncIterable<NotificationEvent>,
  count: number,
): Promise<NotificationEvent[]> {
  const events: NotificationEvent[] = []
  for await (const event of source) {
    events.push(event)
    if (events.length === count) break
  }
  return events
}

const nameOf = (event: NotificationEvent): string =>
  event.type === 'event' ? event.object : event.type

function causeOf(event: NotificationEvent | undefined): unknown {
  return event?.type === 'reconnected' ? event.cause : 'not a reconnection'
}

/** Listens with a clock that does not wait. */
function listenTo(
  server: ScriptedServer,
  options: ListenOptions = {},
  clock: VirtualClock = new VirtualClock(),
): AsyncIterable<NotificationEvent> & AsyncDisposable {
  const parts = assembledFor(server.endpoint, { clock }, { retry: { maxAttempts: 1 } })
  const events = listen(parts, 'bucket', options)
  return Object.assign(events, { [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose]() })
}

describe('listenBucketNotification', () => {
  it.each([
    ['a MinIO of today, as it is', 'a+b%20c', { 'x-minio-deployment-id': 'd' }, 'v1', 'a+b%20c'],
    ['a MinIO behind an origin', '100%25', { 'x-minio-origin-endpoint': 'o' }, undefined, '100%25'],
    ['a MinIO before 2020', 'test12%2Fa+b', { 'x-minio-origin-endpoint': 'o' }, '1', 'test12/a b'],
    ['a store that shows nothing', 'a+b%2Fc', {}, 'v1', 'a b/c'],
    ['a store that leaves slashes', 'a/b+c', {}, undefined, 'a/b c'],
    ['nobody who encodes', 'a b+c%20', {}, undefined, 'a b+c%20'],
    ['nobody who encodes well', '100%', {}, undefined, '100%'],
  ])('reads the key of %s', async (_who, key, responseElements, versionId, expected) => {
    const sent = { responseElements, s3: { object: { key, versionId } } }
    await using server = await ScriptedServer.start([
      [head, chunk(`${JSON.stringify({ Records: [sent] })}\n`), never],
    ])
    await using client = clientOf(server.endpoint)
    const [event] = await take(client.listenBucketNotification('bucket'), 1)
    expect(event).toMatchObject({ object: expected })
  })

  it('asks for the events, and reads what they say', async () => {
    await using server = await ScriptedServer.start([
      [head, chunk(line('a+b%2Bc%E2%82%AC')), never],
    ])
    await using client = clientOf(server.endpoint)
    const events = client.listenBucketNotification('bucket', {
      prefix: 'in/&',
      suffix: '.jpg',
      events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:Delete'],
    })
    expect(server.connections).toBe(0)
    const [event] = await take(events, 1)
    expect(event).toEqual({
      type: 'event',
      eventName: 's3:ObjectCreated:Put',
      eventTime: new Date('2026-01-02T03:04:05.678Z'),
      bucket: 'bucket',
      object: 'a b+c€',
      sizeBytes: 7,
      etag: 'e1',
      versionId: 'v1',
      contentType: 'text/x',
      sequencer: '0A',
      principalId: 'me',
      record: record('a+b%2Bc%E2%82%AC'),
    })
    expect(server.onlyRequest.target).toBe(
      '/bucket?events=s3%3AObjectCreated%3A%2A&events=s3%3AObjectRemoved%3ADelete' +
        '&ping=10&prefix=in%2F%26&suffix=.jpg',
    )
    await server.quiet()
  })

  it.each<[string, Partial<Record<keyof ListenOptions, unknown>>]>([
    ['events', { events: [] }],
    ['events', { events: 's3:ObjectCreated:*' }],
    ['events', { events: ['ObjectCreated'] }],
    ['prefix', { prefix: '\ud800' }],
    ['suffix', { suffix: 1 }],
    ['signal', { signal: {} }],
    ['maxLineBytes', { maxLineBytes: 0 }],
    ['idleTimeoutMs', { idleTimeoutMs: -1 }],
  ])('refuses wrong %s at once', async (argument, wrong) => {
    await using client = clientOf('http://127.0.0.1:1')
    // Wrong on purpose.
    const call = () => client.listenBucketNotification('bucket', wrong as ListenOptions)
    expect(call).toThrow(InvalidArgumentError)
    expect(call).toThrow(expect.objectContaining({ argument }))
  })

  it('gives the same events wherever the stream is cut, and no keep-alives', async () => {
    const text =
      ` {"Records":null}\n   \r\n{"Records":[]}\r\n${line('größe', '😀')} {"Other":1}\n` +
      `\n ${line('%zz').replace('\n', '\r\n')}${line('last').trimEnd()}`
    const bytes = Buffer.from(text, 'utf8')
    await using server = await ScriptedServer.start((_, index) => [
      head,
      chunk(bytes.subarray(0, index + 1)),
      oneTurn,
      chunk(bytes.subarray(index + 1)),
      lastChunk,
    ])
    await using events = listenTo(server)
    for (let at = 1; at < bytes.length; at++) {
      const seen = await take(events, 4)
      expect(seen.map(nameOf)).toEqual(['größe', '😀', '%zz', 'last'])
    }
  })

  it('does not take blanks that keep the connection alive for a long line', async () => {
    const steps: Step[] = [head]
    for (let i = 0; i < 50; i++) steps.push(chunk(' '.repeat(10)), oneTurn)
    await using server = await ScriptedServer.start([[...steps, chunk(line('a')), never]])
    await using events = listenTo(server, { maxLineBytes: 400 })
    expect((await take(events, 1)).map(nameOf)).toEqual(['a'])
  })

  it('reads a line of several MB where it is told to', async () => {
    const keys = Array.from({ length: 12_000 }, (_, at) => `größe-${at}-😀`)
    const bytes = Buffer.from(line(...keys))
    expect(bytes.length).toBeGreaterThan(3 * 2 ** 20)
    const steps: Step[] = [head]
    for (let at = 0; at < bytes.length; at += 65_537) {
      steps.push(chunk(bytes.subarray(at, at + 65_537)))
    }
    await using server = await ScriptedServer.start([[...steps, never]])
    await using events = listenTo(server, { maxLineBytes: 8 * 2 ** 20 })
    expect((await take(events, keys.length)).map(nameOf)).toEqual(keys)
  })

  it('reads a line of more records than a call takes arguments', async () => {
    const bytes = Buffer.from(`{"Records":[${'{},'.repeat(200_000)}{}]}\n`)
    await using server = await ScriptedServer.start([[head, chunk(bytes), never]])
    await using events = listenTo(server, { maxLineBytes: 2 ** 20 })
    expect(await take(events, 200_001)).toHaveLength(200_001)
  })

  it('refuses a line beyond the limit, and closes', async () => {
    await using server = await ScriptedServer.start([
      [head, chunk(line('a')), chunk('{"Records":"'), chunk('x'.repeat(2 ** 20)), never],
    ])
    await using events = listenTo(server)
    const iterator = events[Symbol.asyncIterator]()
    expect((await iterator.next()).done).toBe(false)
    expect(await failureOf(iterator.next())).toBeInstanceOf(InvalidResponseError)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    await server.quiet()
  })

  it('refuses a line that is no JSON', async () => {
    await using server = await ScriptedServer.start([[head, chunk('{"Records":[}\n'), never]])
    await using events = listenTo(server)
    expect(await failureOf(take(events, 1))).toBeInstanceOf(InvalidResponseError)
    await server.quiet()
  })

  it.each<[string, Step]>([
    ['an orderly end', lastChunk],
    ['a closed connection', end],
    ['a reset', reset],
  ])('connects again after %s, and says so', async (_, loss) => {
    await using server = await ScriptedServer.start((_request, index) => [
      head,
      chunk(line(`k${index}`)),
      chunk('{"Records":[{"eventNa'), // Half a line is lost.
      { pauseMs: 5 },
      loss,
    ])
    const clock = new VirtualClock()
    await using events = listenTo(server, {}, clock)
    const seen = await take(events, 5)
    expect(seen.map(nameOf)).toEqual(['k0', 'reconnected', 'k1', 'reconnected', 'k2'])
    expect(seen[1]).toMatchObject({ type: 'reconnected', attempts: 1, downMs: 50 })
    expect(causeOf(seen[1]) === undefined).toBe(loss === lastChunk)
    // A connection that worked starts the pauses anew.
    expect(clock.sleeps).toEqual([50, 50])
  })

  it('waits longer and longer while the store is away, up to 20 s', async () => {
    await using server = await ScriptedServer.start((_, index) => {
      if (index === 0 || index === 12) return [head, chunk(line(`k${index}`)), lastChunk]
      return errorReply(500, 'InternalError')
    })
    const clock = new VirtualClock()
    const startMs = clock.now
    await using events = listenTo(server, {}, clock)
    const seen = await take(events, 3)
    expect(seen.map(nameOf)).toEqual(['k0', 'reconnected', 'k12'])
    expect(seen[1]).toMatchObject({ attempts: 12, downMs: clock.now - startMs })
    expect(clock.sleeps).toEqual([
      50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000, 20_000,
    ])
  })

  it('keeps waiting longer when connections stand but say nothing', async () => {
    await using server = await ScriptedServer.start((_, index) =>
      index < 4 ? [head, lastChunk] : [head, chunk(line('a')), never],
    )
    const clock = new VirtualClock()
    await using events = listenTo(server, {}, clock)
    await take(events, 5)
    expect(clock.sleeps).toEqual([50, 100, 200, 400])
  })

  it('gives up when the store refuses for good', async () => {
    await using server = await ScriptedServer.start([
      [head, chunk(line('a')), lastChunk],
      errorReply(404, 'NoSuchBucket'),
    ])
    await using events = listenTo(server)
    expect(isS3Error(await failureOf(take(events, 2)), 'NoSuchBucket')).toBe(true)
  })

  it('takes silence for a loss', async () => {
    await using server = await ScriptedServer.start((_, index) => [
      head,
      chunk(line(`k${index}`)),
      never,
    ])
    await using events = listenTo(server, { idleTimeoutMs: 50 })
    const seen = await take(events, 3)
    expect(seen.map(nameOf)).toEqual(['k0', 'reconnected', 'k1'])
    expect(isTransportError(causeOf(seen[1]), 'idle-timeout')).toBe(true)
    await server.quiet()
  })

  it('outlives the limits of the client for other calls', async () => {
    await using server = await ScriptedServer.start([
      [{ pauseMs: 120 }, head, { pauseMs: 120 }, chunk(line('a')), never],
    ])
    const timeouts = { firstByte: 30, idle: 30, total: 30 }
    await using client = clientOf(server.endpoint, { timeouts })
    expect((await take(client.listenBucketNotification('bucket'), 1)).map(nameOf)).toEqual(['a'])
    expect(server.requests).toHaveLength(1)
  })

  it('says on the first pull that a store cannot do this', async () => {
    const listing = '<?xml version="1.0"?><ListBucketResult><Name>bucket</Name></ListBucketResult>'
    await using server = await ScriptedServer.start([
      httpReply(200, { 'content-type': 'application/xml' }, listing),
      httpReply(200, {}, `\n${listing}`),
    ])
    await using events = listenTo(server)
    expect(await failureOf(take(events, 1))).toBeInstanceOf(NotSupportedError)
    expect(await failureOf(take(events, 1))).toBeInstanceOf(NotSupportedError)
    await using aws = clientOf('https://s3.eu-west-1.amazonaws.com')
    const pull = take(aws.listenBucketNotification('bucket'), 1)
    expect(await failureOf(pull)).toBeInstanceOf(NotSupportedError)
  })

  it('throws what the store refuses on the first pull', async () => {
    await using server = await ScriptedServer.start([errorReply(400, 'InvalidArgument')])
    await using events = listenTo(server, { events: ['s3:ObjectEaten:*'] })
    expect(isS3Error(await failureOf(take(events, 1)), 'InvalidArgument')).toBe(true)
    expect(server.requests).toHaveLength(1)
  })

  it('pauses the socket while nobody asks', async () => {
    const piece = chunk(line('x'.repeat(1000)).repeat(64))
    let sent = 0
    const steps: Step[] = [head]
    for (let i = 0; i < 400; i++) steps.push(piece, { until: () => Promise.resolve(sent++) })
    await using server = await ScriptedServer.start([[...steps, never]])
    await using events = listenTo(server)
    const iterator = events[Symbol.asyncIterator]()
    await iterator.next()
    await delay(200)
    const early = sent
    await delay(100)
    expect(sent).toBe(early)
    expect(early).toBeLessThan(390)
    await iterator.return?.()
    await server.quiet()
  })

  it('ends a pull under way when it is left', async () => {
    for (const steps of [[never], [head, never], [head, chunk('{"Rec'), never]]) {
      await using server = await ScriptedServer.start([steps])
      await using events = listenTo(server)
      const iterator = events[Symbol.asyncIterator]()
      const pull = iterator.next()
      await delay(20)
      await iterator.return?.()
      expect(await pull).toEqual({ done: true, value: undefined })
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
      await server.quiet()
    }
  })

  it('ends with the reason of the signal, whatever it is doing', async () => {
    for (const steps of [[never], [head, never], [head, lastChunk]]) {
      await using server = await ScriptedServer.start([steps])
      await using client = clientOf(server.endpoint)
      const abort = new AbortController()
      const options = { signal: abort.signal, idleTimeoutMs: 60_000 }
      const pull = take(client.listenBucketNotification('bucket', options), 100_000)
      setTimeout(() => abort.abort(new Error('enough')), 20)
      expect(await failureOf(pull)).toMatchObject({ message: 'enough' })
    }
  })

  it('ends with the client', async () => {
    await using server = await ScriptedServer.start([[head, chunk(line('a')), never]])
    await using client = clientOf(server.endpoint)
    const iterator = client.listenBucketNotification('bucket')[Symbol.asyncIterator]()
    await iterator.next()
    const pull = iterator.next()
    await client.close()
    expect(isTransportError(await failureOf(pull), 'closed')).toBe(true)
  })
})
