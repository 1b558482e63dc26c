import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startServer, type StowageServer, type ServerOptions } from '@stowage/server'
import {
  Client,
  isS3Error,
  NotSupportedError,
  type ListenOptions,
  type NotificationEvent,
  type NotificationRecord,
} from 'stowage'
import { describe, expect, it, vi } from 'vitest'
import { CountingProxy } from './harness/counting-proxy.ts'

// 12,000 requests, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

const bucket = 'events'

interface Store extends AsyncDisposable {
  readonly server: StowageServer
  readonly client: Client
  /** Closes the server and starts it again: same port, keys and directory. */
  restart(): Promise<void>
}

async function startStore(kind: 'memory' | 'disk', options: ServerOptions = {}): Promise<Store> {
  const directory =
    kind === 'disk' ? await mkdtemp(join(tmpdir(), 'stowage-listening-')) : undefined
  const settings: ServerOptions = { directory, durability: 'flush', ...options }
  let server = await startServer(settings)
  const { endpoint, accessKey, secretKey } = server
  const client = new Client({ endpoint, accessKey, secretKey })
  await client.makeBucket(bucket)
  return {
    server,
    client,
    restart: async () => {
      await server.close()
      const port = Number(endpoint.split(':').at(-1))
      server = await startServer({ ...settings, port, accessKey, secretKey })
    },
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await server.close()
      if (directory !== undefined) await rm(directory, { recursive: true })
    },
  }
}

/** Collects in the background what a listener is told. */
class Listener implements AsyncDisposable {
  readonly events: NotificationEvent[] = []
  readonly #probe: string
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>

  private constructor(client: Client, options: ListenOptions, probe: string) {
    this.#probe = probe
    this.#ended = this.#listen(client, options)
  }

  /**
   * A store tells nobody from when on it listens: objects are written until one is heard of.
   * @param probe the key of these objects, which the listener must match
   */
  static async start(
    client: Client,
    options: ListenOptions = {},
    probe = 'probe',
  ): Promise<Listener> {
    const listener = new Listener(client, options, probe)
    while (listener.events.length === 0) {
      await client.putObject(bucket, probe, '')
      await client.removeObject(bucket, probe)
      await setTimeout(20)
    }
    return listener
  }

  async #listen(client: Client, options: ListenOptions): Promise<void> {
    const { signal } = this.#stop
    try {
      for await (const event of client.listenBucketNotification(bucket, { ...options, signal })) {
        this.events.push(event)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** What has been told of objects, those of the beginning left out. */
  get records(): NotificationRecord[] {
    return this.events.filter(
      (event): event is NotificationRecord =>
        event.type === 'event' && event.object !== this.#probe,
    )
  }

  /** Waits until a condition holds; fails when listening does. */
  async until(condition: (listener: this) => boolean): Promise<void> {
    while (!condition(this)) await Promise.race([setTimeout(5), this.#failed()])
  }

  /** Waits for the event of a key. */
  heard(key: string): Promise<void> {
    return this.until(({ records }) => records.at(-1)?.object === key)
  }

  #failed(): Promise<never> {
    return this.#ended.then(() => Promise.reject(new Error('listening has ended')))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }
}

function portOf(server: HttpServer): number {
  return (server.address() as AddressInfo).port // A TCP server has no other address.
}

type Told = readonly [eventName: string, sizeBytes: number | undefined]

function toldOf({ eventName, sizeBytes }: NotificationRecord): Told {
  return [eventName, sizeBytes]
}

const stepsPerKey = 20

/** Writes and removes a key in turns; each step leaves one event. */
async function change(client: Client, key: string): Promise<Told[]> {
  const told: Told[] = []
  for (let step = 0; step < stepsPerKey; step++) {
    if (step % 5 === 4) {
      await client.removeObject(bucket, key)
      told.push(['s3:ObjectRemoved:Delete', undefined])
    } else {
      await client.putObject(bucket, key, 'x'.repeat(step))
      told.push(['s3:ObjectCreated:Put', step])
    }
  }
  return told
}

/** Changes keys, sixteen at a time. */
async function changeAll(client: Client, keys: readonly string[]): Promise<Map<string, Told[]>> {
  const told = new Map<string, Told[]>()
  const left = keys.values()
  const worker = async (): Promise<void> => {
    for (const key of left) told.set(key, await change(client, key))
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return told
}

/** That each change of each key is told once, in order, and nothing else. */
function expectChanges(
  records: readonly NotificationRecord[],
  expected: ReadonlyMap<string, readonly Told[]>,
): void {
  const byKey = new Map<string, NotificationRecord[]>()
  for (const record of records) {
    const known = byKey.get(record.object)
    if (known === undefined) byKey.set(record.object, [record])
    else known.push(record)
  }
  expect([...byKey.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [key, ofKey] of byKey) {
    expect(ofKey.map(toldOf), key).toEqual(expected.get(key))
    const order = ofKey.map(({ sequencer }) => sequencer ?? '')
    expect(order, key).toEqual([...new Set(order)].sort())
  }
}

const hostileKeys: readonly string[] = [
  ...['a+b', 'a b', 'a%20b', '100%', '%2F', 'a//b', 'a/', '../b', '..', './c', '~x', '#f', '?q=1'],
  ...['&amp;', '"quote"', "!'()*", 'a\\b', 'tab\t', 'cr\rlf\n', '\u0001', ' around ', '0123'],
  ...['__proto__', 'null', '汉字', '😀', 'e\u0301', '\u00e9', '\ufeffbom', 'é'.repeat(512)],
]

describe.each(['memory', 'disk'] as const)('listening, %s', (kind) => {
  it('tells of each change once, in the order of each key', async () => {
    await using store = await startStore(kind)
    await using listener = await Listener.start(store.client)
    const keys = Array.from({ length: 100 }, (_, at) => `dir ${at % 7}/key+${at}`)
    const expected = await changeAll(store.client, keys)
    await store.client.putObject(bucket, 'last', '')
    await listener.heard('last')
    const records = listener.records.slice(0, -1)
    expect(records).toHaveLength(keys.length * stepsPerKey)
    expectChanges(records, expected)
  })

  it('tells each listener of what it asked for, and of nothing else', async () => {
    await using store = await startStore(kind)
    const { client } = store
    const probe = 'in/probe.jpg'
    const removed = ['s3:ObjectRemoved:*'] as const
    await using inside = await Listener.start(client, { prefix: 'in/' }, probe)
    await using images = await Listener.start(client, { suffix: '.jpg' }, probe)
    const narrow = { prefix: 'in/', suffix: '.jpg', events: removed }
    await using removals = await Listener.start(client, narrow, probe)
    const copies = { events: ['s3:ObjectCreated:Copy', ...removed] as const }
    await using copied = await Listener.start(client, copies, probe)
    for (const key of ['in/a.jpg', 'in/a.txt', 'out/a.jpg', 'IN/a.jpg', 'in/a.jpg.gz', 'in']) {
      await client.putObject(bucket, key, 'x')
    }
    await client.copyObject(bucket, 'out/copy.jpg', { bucket, object: 'in/a.txt' })
    await (await client.getObject(bucket, 'in/a.txt')).bytes()
    for (const key of ['in/a.txt', 'in/a.jpg', 'out/a.jpg']) await client.removeObject(bucket, key)
    await client.putObject(bucket, 'in/last.jpg', '')
    await client.removeObject(bucket, 'in/last.jpg')
    const told = async (listener: Listener): Promise<string[]> => {
      const isLast = ({ eventName, object }: NotificationRecord): boolean =>
        eventName === 's3:ObjectRemoved:Delete' && object === 'in/last.jpg'
      await listener.until(({ records }) => records.some(isLast))
      return listener.records
        .filter(({ object }) => object !== 'in/last.jpg')
        .map(({ eventName, object }) => `${eventName.split(':').at(-1)} ${object}`)
    }
    const withoutReads = (texts: string[]): string[] =>
      texts.filter((text) => !/^(Get|Head) /.test(text))
    const insideTold = await told(inside)
    expect(insideTold).toContain('Get in/a.txt')
    expect(withoutReads(insideTold)).toEqual([
      'Put in/a.jpg',
      'Put in/a.txt',
      'Put in/a.jpg.gz',
      'Delete in/a.txt',
      'Delete in/a.jpg',
    ])
    expect(withoutReads(await told(images))).toEqual([
      'Put in/a.jpg',
      'Put out/a.jpg',
      'Put IN/a.jpg',
      'Copy out/copy.jpg',
      'Delete in/a.jpg',
      'Delete out/a.jpg',
    ])
    expect(await told(removals)).toEqual(['Delete in/a.jpg'])
    expect(await told(copied)).toEqual([
      'Copy out/copy.jpg',
      'Delete in/a.txt',
      'Delete in/a.jpg',
      'Delete out/a.jpg',
    ])
  })

  it('gives keys as they are', async () => {
    await using store = await startStore(kind)
    await using listener = await Listener.start(store.client)
    for (const key of hostileKeys) await store.client.putObject(bucket, key, key)
    await listener.until(({ records }) => records.length >= hostileKeys.length)
    expect(listener.records.map(({ object }) => object)).toEqual(hostileKeys)
  })

  it('sends what a bucket asks for to a webhook', async () => {
    await using hook = await Webhook.start()
    const webhooks = { hook: { url: hook.url, authToken: 'token' } }
    await using store = await startStore(kind, { webhooks })
    const { client, server } = store
    await client.setBucketNotification(bucket, {
      queues: [
        {
          id: 'images',
          arn: `arn:minio:sqs:${server.region}:hook:webhook`,
          events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
          filter: { prefix: 'in ü/', suffix: '.jpg' },
        },
      ],
    })
    const key = 'in ü/a+b.jpg'
    await client.putObject(bucket, 'in ü/a.txt', '')
    await client.putObject(bucket, key, 'ten bytes!')
    await client.removeObject(bucket, key)
    const [first, second] = await hook.documents(2)
    expect(hook.authorizations).toEqual(new Set(['Bearer token']))
    expect(first).toMatchObject({
      EventName: 's3:ObjectCreated:Put',
      Key: `${bucket}/${key}`,
      Records: [
        {
          s3: {
            configurationId: 'images',
            bucket: { name: bucket },
            object: { key: 'in+%C3%BC%2Fa%2Bb.jpg', size: 10 },
          },
        },
      ],
    })
    expect(second).toMatchObject({ EventName: 's3:ObjectRemoved:Delete', Key: `${bucket}/${key}` })

    await client.removeAllBucketNotification(bucket)
    await client.putObject(bucket, key, '')
    await client.setBucketNotification(bucket, {
      queues: [
        { arn: `arn:minio:sqs:${server.region}:hook:webhook`, events: ['s3:ObjectRemoved:*'] },
      ],
    })
    await client.removeObject(bucket, key)
    expect((await hook.documents(3))[2]).toMatchObject({ EventName: 's3:ObjectRemoved:Delete' })
  })
})

/** Takes what a server sends; refuses the first, so that it must come again. */
class Webhook implements AsyncDisposable {
  readonly authorizations = new Set<string | undefined>()
  readonly #server: HttpServer
  readonly #documents: unknown[] = []
  #requests = 0

  private constructor(server: HttpServer) {
    this.#server = server
  }

  static async start(): Promise<Webhook> {
    const server = createHttpServer((request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        hook.authorizations.add(request.headers.authorization)
        const isTaken = hook.#requests++ > 0
        if (isTaken) hook.#documents.push(JSON.parse(body))
        response.writeHead(isTaken ? 200 : 503).end()
      })
    })
    const hook = new Webhook(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return hook
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}/events`
  }

  async documents(count: number): Promise<readonly unknown[]> {
    while (this.#documents.length < count) await setTimeout(5)
    return this.#documents
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

describe('a connection that listens', () => {
  // 10,000 changes, half of them behind the restart.
  it('stands again after a restart of the server, and says so', async () => {
    await using store = await startStore('disk')
    await using listener = await Listener.start(store.client)
    const keys = Array.from({ length: 250 }, (_, at) => `key+${at}`)
    const before = await changeAll(store.client, keys)
    await store.client.putObject(bucket, 'before', '')
    await listener.heard('before')
    await store.restart()
    await listener.until(({ events }) => events.at(-1)?.type === 'reconnected')
    const after = await changeAll(store.client, keys)
    await store.client.putObject(bucket, 'after', '')
    await listener.heard('after')

    const losses = listener.events.filter(({ type }) => type === 'reconnected')
    expect(losses).toMatchObject([{ attempts: expect.any(Number), downMs: expect.any(Number) }])
    const at = listener.events.findIndex(({ type }) => type === 'reconnected')
    expect(listener.events[at - 1]).toMatchObject({ type: 'event', object: 'before' })
    const records = listener.records.filter(({ object }) => object.startsWith('key+'))
    expect(records).toHaveLength(10_000)
    expectChanges(
      records,
      new Map(keys.map((key) => [key, [...(before.get(key) ?? []), ...(after.get(key) ?? [])]])),
    )
  })

  it('is closed at once when the loop is left', async () => {
    await using store = await startStore('memory')
    await using proxy = await CountingProxy.start(store.server.endpoint)
    const { accessKey, secretKey } = store.server
    await using client = new Client({ endpoint: proxy.endpoint, accessKey, secretKey })
    const listened = (async () => {
      for await (const event of client.listenBucketNotification(bucket)) return event
      return undefined
    })()
    await proxy.untilOpen(1)
    const acting = new AbortController()
    const acts = (async () => {
      while (!acting.signal.aborted) {
        await store.client.putObject(bucket, 'a', '')
        await setTimeout(10)
      }
    })()
    expect(await listened).toMatchObject({ object: 'a' })
    expect(await proxy.untilOpen(0)).toBeLessThan(1000)
    acting.abort()
    await acts
  })

  it.each(['signal', 'return'] as const)('is closed at once by %s in a pull', async (way) => {
    await using store = await startStore('memory')
    await using proxy = await CountingProxy.start(store.server.endpoint)
    const { accessKey, secretKey } = store.server
    await using client = new Client({ endpoint: proxy.endpoint, accessKey, secretKey })
    const controller = new AbortController()
    const { signal } = controller
    const events = client.listenBucketNotification(bucket, { signal })[Symbol.asyncIterator]()
    const pull = events.next().then(
      (result) => result.done,
      (error: unknown) => error,
    )
    await proxy.untilOpen(1)
    await setTimeout(20)
    const reason = new Error('enough')
    if (way === 'signal') controller.abort(reason)
    else await events.return?.()
    expect(await pull).toBe(way === 'signal' ? reason : true)
    expect(await proxy.untilOpen(0)).toBeLessThan(1000)
  })
})

describe('the first pull', () => {
  const firstPull = (
    client: Client,
    name: string,
    options: ListenOptions = {},
  ): Promise<unknown> => {
    const events = client.listenBucketNotification(name, options)[Symbol.asyncIterator]()
    return events.next().catch((error: unknown) => error)
  }

  it('surfaces what the store refuses', async () => {
    await using store = await startStore('memory')
    const wrongName = await firstPull(store.client, bucket, { events: ['s3:No:Such'] })
    expect(isS3Error(wrongName, 'InvalidArgument')).toBe(true)
    expect(isS3Error(await firstPull(store.client, 'no-such-bucket'), 'NoSuchBucket')).toBe(true)
  })

  it('says that a store has no listening', async () => {
    const listing = '<?xml version="1.0"?><ListBucketResult></ListBucketResult>'
    const server = createHttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' }).end(listing)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const keys = { accessKey: 'access', secretKey: 'secret-secret' }
    const endpoints = [`http://127.0.0.1:${portOf(server)}`, 'https://s3.amazonaws.com']
    for (const endpoint of endpoints) {
      await using client = new Client({ endpoint, region: 'us-east-1', ...keys })
      expect(await firstPull(client, bucket)).toBeInstanceOf(NotSupportedError)
    }
    server.closeAllConnections()
    server.close()
  })
})
