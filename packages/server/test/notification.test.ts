import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '@stowage/server'
import { ManualTimers } from './support/manual-timers.ts'
import { RawClient, type RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const arn = 'arn:minio:sqs:us-east-1:hook:webhook'

interface Rule {
  readonly arn?: string
  readonly events?: readonly string[]
  readonly prefix?: string
  readonly suffix?: string
  readonly element?: string
}

function queue(rule: Rule = {}): string {
  const { element = 'Queue', events = ['s3:ObjectCreated:*'] } = rule
  const filters = (['prefix', 'suffix'] as const).flatMap((name) => {
    const value = rule[name]
    if (value === undefined) return []
    return `<FilterRule><Name>${name}</Name><Value>${value}</Value></FilterRule>`
  })
  const filter = filters.length === 0 ? '' : `<Filter><S3Key>${filters.join('')}</S3Key></Filter>`
  const names = events.map((name) => `<Event>${name}</Event>`).join('')
  const target = `<${element}>${rule.arn ?? arn}</${element}>`
  return `<${element}Configuration><Id>id</Id>${target}${names}${filter}</${element}Configuration>`
}

const document = (...rules: readonly string[]): string =>
  `<NotificationConfiguration>${rules.join('')}</NotificationConfiguration>`

describeServers(
  'the notification of buckets',
  (fixture) => {
    let client: RawClient

    beforeAll(async () => {
      client = fixture().client
      await client.makeBucket('told')
    })

    const query = { notification: '' }
    const set = (body: string): Promise<RawResponse> =>
      client.send({ method: 'PUT', bucket: 'told', query, body })
    const read = (): Promise<RawResponse> => client.send({ bucket: 'told', query })

    it('is empty at first, keeps what is set, and is emptied by an empty document', async () => {
      const before = await read()
      expect(before).toMatchObject({ status: 200 })
      expect(before.text).not.toContain('Queue')
      const others = '<EventBridgeConfiguration><A>1</A></EventBridgeConfiguration>'
      const rules = [queue({ prefix: 'a&amp;b ', suffix: '.jpg' }), others]
      expect(await set(document(...rules))).toMatchObject({ status: 200 })
      const { text } = await read()
      for (const rule of rules) expect(text).toContain(rule)
      expect(await set(document())).toMatchObject({ status: 200 })
      expect((await read()).text).toBe(before.text)
    })

    it('takes 100 rules, and refuses one more', async () => {
      const rules = Array.from({ length: 101 }, (_, at) => queue({ prefix: `${at}/` }))
      expect(await set(document(...rules.slice(1)))).toMatchObject({ status: 200 })
      expect(await set(document(...rules))).toMatchObject({ status: 400, code: 'InvalidArgument' })
      await set(document())
    })

    it('takes rules that do not overlap', async () => {
      const rules = [
        queue({ prefix: 'a/' }),
        queue({ prefix: 'b/' }),
        queue({ prefix: 'a/', events: ['s3:ObjectRemoved:*'] }),
        queue({ arn: 'arn:minio:sqs::hook:webhook', events: ['s3:ObjectAccessed:Get'] }),
      ]
      expect(await set(document(...rules))).toMatchObject({ status: 200 })
      await set(document())
    })

    it.each([
      ['a queue of AWS', queue({ arn: 'arn:aws:sqs:us-east-1:1:q' }), 'InvalidArgument'],
      ['an unknown webhook', queue({ arn: arn.replace('hook', 'other') }), 'InvalidArgument'],
      ['a webhook of another region', queue({ arn: arn.replace('us-', 'eu-') }), 'InvalidArgument'],
      [
        'another kind of target',
        queue({ arn: arn.replace('webhook', 'kafka') }),
        'InvalidArgument',
      ],
      ['a URL', queue({ arn: 'http://127.0.0.1/' }), 'InvalidArgument'],
      ['an unknown event', queue({ events: ['s3:ObjectCreated:Nothing'] }), 'InvalidArgument'],
      ['no event', queue({ events: [] }), 'MalformedXML'],
      ['an event without form', queue({ events: ['Put'] }), 'MalformedXML'],
      [
        'an event twice',
        queue({ events: ['s3:ObjectCreated:Put', 's3:ObjectCreated:Put'] }),
        'InvalidArgument',
      ],
      ['overlapping prefixes', queue({ prefix: 'a' }) + queue({ prefix: 'ab' }), 'InvalidArgument'],
      [
        'overlapping suffixes',
        queue({ suffix: 'g' }) + queue({ suffix: '.jpg' }),
        'InvalidArgument',
      ],
      [
        'a group and its member',
        queue() + queue({ events: ['s3:ObjectCreated:Put'] }),
        'InvalidArgument',
      ],
      ['a filter of dots', queue({ prefix: '../' }), 'InvalidArgument'],
      ['a long filter', queue({ prefix: 'x'.repeat(1025) }), 'InvalidArgument'],
      ['a topic', queue({ element: 'Topic' }), 'UnsupportedNotification'],
      ['a function', queue({ element: 'CloudFunction' }), 'UnsupportedNotification'],
      ['half a document', '<QueueConfiguration>', 'MalformedXML'],
    ])('refuses %s', async (_, rules, code) => {
      expect(await set(document(rules))).toMatchObject({ status: 400, code })
      expect((await read()).text).not.toContain('Configuration><')
    })

    it('is that of a bucket which exists', async () => {
      expect(await client.send({ bucket: 'nowhere', query })).toMatchObject({
        code: 'NoSuchBucket',
      })
    })
  },
  { webhooks: { hook: { url: 'http://127.0.0.1:1/' } } },
)

interface Received {
  readonly headers: IncomingMessage['headers']
  readonly url: string | undefined
  readonly document: {
    readonly EventName: string
    readonly Key: string
    readonly Records: readonly {
      readonly eventName: string
      readonly s3: { readonly configurationId: string; readonly object: { readonly key: string } }
    }[]
  }
}

/** A place that events are sent to, which answers as it is told. */
class Hook {
  readonly server: Server
  readonly received: Received[] = []
  answers: number[] = []
  #wake: () => void = () => undefined

  constructor() {
    this.server = createServer((message, response) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () => {
        const document: Received['document'] = JSON.parse(Buffer.concat(chunks).toString())
        this.received.push({ headers: message.headers, url: message.url, document })
        const status = this.answers.shift() ?? 200
        response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {})
        response.end()
        this.#wake()
      })
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    const address: AddressInfo | string | null = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return `http://127.0.0.1:${address.port}/hook?a=b`
  }

  async until(count: number): Promise<void> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  get keys(): string[] {
    return this.received.map(({ document: { Key } }) => Key)
  }

  close(): Promise<void> {
    this.server.closeAllConnections()
    return new Promise((resolve) => this.server.close(() => resolve()))
  }
}

describe('webhooks', () => {
  const hook = new Hook()
  let url = ''

  beforeAll(async () => {
    url = await hook.listen()
  })

  afterAll(() => hook.close())

  async function withServer(
    task: (client: RawClient, timers: ManualTimers) => Promise<void>,
  ): Promise<void> {
    hook.received.length = 0
    hook.answers = []
    const timers = new ManualTimers()
    const webhooks = { hook: { url, authToken: 'secret' } }
    await using server = await startServer({ webhooks, timers })
    const client = new RawClient(server)
    await client.makeBucket('told')
    const body = document(queue({ prefix: 'in' }))
    await client.send({ method: 'PUT', bucket: 'told', query: { notification: '' }, body })
    await task(client, timers)
    client.close()
  }

  it('get what buckets tell, in order and in the form of MinIO', () =>
    withServer(async (client) => {
      await client.put('told', 'in a+b', 'x')
      await client.put('told', 'out', 'x')
      await client.put('told', 'in 2', 'x')
      await hook.until(2)
      expect(hook.keys).toEqual(['told/in a+b', 'told/in 2'])
      const [first] = hook.received
      expect(first?.url).toBe('/hook?a=b')
      expect(first?.headers).toMatchObject({
        authorization: 'Bearer secret',
        'content-type': 'application/json',
      })
      expect(first?.document).toMatchObject({
        EventName: 's3:ObjectCreated:Put',
        Records: [
          {
            eventName: 's3:ObjectCreated:Put',
            s3: { configurationId: 'id', object: { key: 'in+a%2Bb' } },
          },
        ],
      })
    }))

  it('get it again until they take it, at growing intervals', () =>
    withServer(async (client, timers) => {
      const ofServer = timers.count
      hook.answers = [500, 503, 404]
      await client.put('told', 'in 1', 'x')
      await client.put('told', 'in 2', 'x')
      for (const [index, pauseMs] of [250, 500, 1000].entries()) {
        await hook.until(index + 1)
        while (timers.count === ofServer) await new Promise((resolve) => setTimeout(resolve, 1))
        timers.pass(pauseMs - 1)
        expect(timers.count).toBe(ofServer + 1)
        timers.pass(1)
      }
      await hook.until(5)
      expect(hook.keys).toEqual([...Array<string>(4).fill('told/in 1'), 'told/in 2'])
    }))

  it('are not followed elsewhere, and keep nobody from closing', () =>
    withServer(async (client, timers) => {
      const ofServer = timers.count
      hook.answers = [302]
      await client.put('told', 'in 1', 'x')
      await hook.until(1)
      while (timers.count === ofServer) await new Promise((resolve) => setTimeout(resolve, 1))
      expect(hook.received.map((item) => item.url)).toEqual(['/hook?a=b'])
    }))

  it.each(['ftp://127.0.0.1/', 'http://user:secret@127.0.0.1/', 'nonsense', 'http://'])(
    'do not have the URL %s',
    async (wrong) => {
      const options = { webhooks: { hook: { url: wrong } } }
      await expect(startServer(options)).rejects.toBeInstanceOf(TypeError)
    },
  )
})

describeServers('parameters that stand twice', (fixture) => {
  it('are refused', async () => {
    const { client } = fixture()
    await client.makeBucket('twice')
    await client.put('twice', 'key', 'x')
    const query = { versionId: ['null', 'other'] }
    expect(await client.send({ bucket: 'twice', key: 'key', query })).toMatchObject({
      status: 400,
      code: 'InvalidArgument',
    })
    const listing = { prefix: ['a', 'a'] }
    expect(await client.send({ bucket: 'twice', query: listing })).toMatchObject({
      code: 'InvalidArgument',
    })
  })
})
