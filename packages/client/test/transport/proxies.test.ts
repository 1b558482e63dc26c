import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import { ScriptedServer } from '../../../../test/support/scripted-server.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { certificate } from '../support/certificate.ts'
import { temporaryFolder } from '../support/folder.ts'
import { HttpProxy } from '../support/http-proxy.ts'
import { storeOver } from '../support/store-over.ts'

const names = ['http_proxy', 'https_proxy', 'no_proxy'] as const
const spellings = names.flatMap((name) => [name, name.toUpperCase()])
let before: (string | undefined)[]

/** Sets the variables for the clients that are made from now on. */
function environment(values: Partial<Record<(typeof names)[number], string>>): void {
  for (const [name, value] of Object.entries(values)) process.env[name] = value
}

beforeEach(() => {
  before = spellings.map((name) => process.env[name])
  for (const name of spellings) delete process.env[name]
})
afterEach(() => {
  for (const [index, name] of spellings.entries()) {
    const value = before[index]
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
})

async function putAndGet(client: Client): Promise<string> {
  await client.putObject('bkt', 'a b/../c', 'bytes')
  await client.putObject('bkt', 'stream', new Blob(['a blob']).stream())
  return (await client.getObject('bkt', 'k')).text()
}

describe('a store over http, behind a proxy', () => {
  it('is asked through it by its whole address, with the path as it is', async () => {
    await using store = await storeOver(createHttpServer())
    await using proxy = await HttpProxy.start()
    environment({ http_proxy: `http://127.0.0.1:${proxy.port}` })
    const endpoint = `http://127.0.0.1:${store.port}`
    await using client = clientOf(endpoint)
    expect(await putAndGet(client)).toBe('content')
    expect(proxy.asked.map(({ line }) => line)).toEqual([
      `PUT ${endpoint}/bkt/a%20b/../c`,
      `PUT ${endpoint}/bkt/stream`,
      `GET ${endpoint}/bkt/k`,
    ])
    expect(store.seen.map(({ body }) => body)).toEqual(['bytes', 'a blob', ''])
    expect(store.seen.map(({ headers }) => headers.host)).toEqual(
      Array(3).fill(`127.0.0.1:${store.port}`),
    )
  })

  it('is asked with the name and the password for the proxy, which the store never sees', async () => {
    await using store = await storeOver(createHttpServer())
    await using proxy = await HttpProxy.start()
    environment({ http_proxy: `http://us%40er:pass%3Aword@127.0.0.1:${proxy.port}` })
    await using client = clientOf(`http://127.0.0.1:${store.port}`)
    await client.statObject('bkt', 'k')
    const basic = `Basic ${Buffer.from('us@er:pass:word').toString('base64')}`
    expect(proxy.asked.map(({ authorization }) => authorization)).toEqual([basic])
  })

  it.each([
    [403, { name: 'S3Error', status: 403 }],
    [407, { name: 'TransportError' }],
  ])('is not asked when the proxy says %i', async (status, expected) => {
    await using store = await storeOver(createHttpServer())
    await using proxy = await HttpProxy.start({ forward: () => status })
    environment({ http_proxy: `http://127.0.0.1:${proxy.port}` })
    await using client = clientOf(`http://127.0.0.1:${store.port}`)
    const failure = await failureOf(client.putObject('bkt', 'k', 'x'))
    expect(failure).toMatchObject(expected)
    expect(store.seen).toEqual([])
  })

  it('keeps its time limits', async () => {
    const never = new Promise<void>(() => {})
    await using store = await ScriptedServer.start([[{ until: () => never }]])
    await using proxy = await HttpProxy.start()
    environment({ http_proxy: `http://127.0.0.1:${proxy.port}` })
    const options = { timeouts: { firstByte: 300 }, retry: { maxAttempts: 1 } }
    await using client = clientOf(store.endpoint, options)
    const failure = await failureOf(client.statObject('bkt', 'k'))
    expect(failure).toMatchObject({ name: 'TransportError', kind: 'first-byte-timeout' })
  })
})

describe('a store over https, behind a proxy', () => {
  async function surroundings(rules?: Parameters<typeof HttpProxy.start>[0]) {
    const folder = await temporaryFolder()
    const own = certificate(folder.path, 'store', 'subjectAltName=IP:127.0.0.1')
    const store = await storeOver(createHttpsServer(own))
    const proxy = await HttpProxy.start(rules)
    environment({ https_proxy: `http://user:word@127.0.0.1:${proxy.port}` })
    return {
      store,
      proxy,
      own,
      endpoint: `https://127.0.0.1:${store.port}`,
      [Symbol.asyncDispose]: async () => {
        await proxy[Symbol.asyncDispose]()
        await store[Symbol.asyncDispose]()
        await folder[Symbol.asyncDispose]()
      },
    }
  }

  it('is talked to through a tunnel', async () => {
    await using around = await surroundings()
    const { proxy, store, endpoint } = around
    await using client = clientOf(endpoint, { tls: { ca: around.own.cert } })
    expect(await putAndGet(client)).toBe('content')
    const lines = new Set(proxy.asked.map(({ line }) => line))
    expect(lines).toEqual(new Set([`CONNECT 127.0.0.1:${store.port}`]))
    expect(proxy.asked[0]?.authorization).toBe(`Basic ${btoa('user:word')}`)
    expect(store.seen.map(({ target }) => target)).toEqual([
      '/bkt/a%20b/../c',
      '/bkt/stream',
      '/bkt/k',
    ])
    for (const { headers } of store.seen) expect(headers['proxy-authorization']).toBeUndefined()
  })

  it('is trusted no more for it', async () => {
    await using around = await surroundings()
    await using client = clientOf(around.endpoint)
    const failure = await failureOf(client.statObject('bkt', 'k'))
    expect(failure).toMatchObject({ name: 'TransportError', kind: 'tls', requestSent: false })
  })

  it.each([403, 407, 502])('is out of reach when the proxy says %i', async (status) => {
    await using around = await surroundings({ tunnel: () => status })
    const tls = { ca: around.own.cert }
    await using client = clientOf(around.endpoint, { tls, retry: { maxAttempts: 1 } })
    const failure = await failureOf(client.putObject('bkt', 'k', 'x'))
    const facts = { kind: 'connect', requestSent: false }
    expect(failure).toMatchObject({ name: 'TransportError', ...facts })
  })

  it('is given up when the proxy says nothing', async () => {
    await using around = await surroundings({ tunnel: () => 'silence' })
    const limits = { timeouts: { connect: 300 }, retry: { maxAttempts: 1 } }
    await using client = clientOf(around.endpoint, { tls: { ca: around.own.cert }, ...limits })
    const failure = await failureOf(client.putObject('bkt', 'k', 'x'))
    const facts = { kind: 'connect-timeout', requestSent: false }
    expect(failure).toMatchObject({ name: 'TransportError', ...facts })
  })
})

describe('NO_PROXY', () => {
  it.each([
    ['127.0.0.1', 0],
    ['*', 0],
    ['example.org, 127.0.0.1', 0],
    ['127.0.0.1:1', 1],
    ['example.org', 1],
  ])('%s: %i requests go to the proxy', async (value, count) => {
    await using store = await storeOver(createHttpServer())
    await using proxy = await HttpProxy.start()
    environment({ http_proxy: `http://127.0.0.1:${proxy.port}`, no_proxy: value })
    await using client = clientOf(`http://127.0.0.1:${store.port}`)
    await client.statObject('bkt', 'k')
    expect(proxy.asked).toHaveLength(count)
    expect(store.seen).toHaveLength(1)
  })
})

it('a proxy that is not there is a TransportError', async () => {
  const gone = await HttpProxy.start()
  const { port } = gone
  await gone[Symbol.asyncDispose]()
  environment({ http_proxy: `http://127.0.0.1:${port}` })
  await using client = clientOf('http://127.0.0.1:1', { retry: { maxAttempts: 1 } })
  const failure = await failureOf(client.statObject('bkt', 'k'))
  expect(failure).toMatchObject({ name: 'TransportError', kind: 'connect', requestSent: false })
})
