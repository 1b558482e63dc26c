import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyRequest } from '@stowage/protocol'
import type { ClientOptions } from '../../src/options.ts'
import { clientOf, failureOf, keys } from '../support/assembled.ts'
import { certificate, type Certificate } from '../support/certificate.ts'
import { temporaryFolder } from '../support/folder.ts'
import { storeOver, type AgreeableStore } from '../support/store-over.ts'

describe('a store over TLS', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let own: Certificate
  beforeAll(async () => {
    folder = await temporaryFolder()
    own = certificate(folder.path, 'store', 'subjectAltName=IP:127.0.0.1,DNS:localhost')
  })
  afterAll(() => folder[Symbol.asyncDispose]())

  const start = (options: ServerOptions = {}): Promise<AgreeableStore> =>
    storeOver(createServer({ ...own, ...options }))
  const endpointOf = ({ port }: { readonly port: number }): string => `https://127.0.0.1:${port}`

  it('gets bodies whose protection is left to TLS, and signatures that hold', async () => {
    await using store = await start()
    await using client = clientOf(endpointOf(store), { tls: { ca: own.cert } })
    await client.putObject('bkt', 'k', 'bytes')
    await client.putObject('bkt', 'k', new Blob(['a blob']).stream())
    expect(await (await client.getObject('bkt', 'k')).text()).toBe('content')
    expect(store.seen.map(({ body }) => body)).toEqual(['bytes', 'a blob', ''])
    for (const { method, target, headers } of store.seen) {
      const lines = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
      const options = { region: 'us-east-1', now: new Date(), credentialsFor: () => keys }
      const verdict = verifyRequest({ method, target, headers: lines }, options)
      expect(verdict).toMatchObject({ kind: 'signed' })
    }
    const hashes = store.seen.map(({ headers }) => headers['x-amz-content-sha256'])
    expect(hashes.slice(0, 2)).toEqual(['UNSIGNED-PAYLOAD', 'UNSIGNED-PAYLOAD'])
  })

  it('is greeted twice by calls that follow each other, the second time by its session', async () => {
    const server = createServer(own)
    const resumed: boolean[] = []
    server.on('secureConnection', (socket) => void resumed.push(socket.isSessionReused()))
    await using store = await storeOver(server)
    await using client = clientOf(`https://localhost:${store.port}`, { tls: { ca: own.cert } })
    expect(await client.bucketExists('bkt')).toBe(true)
    for (let round = 0; round < 20; round++) {
      await client.putObject('bkt', 'k', 'bytes')
      expect(await (await client.getObject('bkt', 'k')).text()).toBe('content')
    }
    expect(resumed).toEqual([false, true])
  })

  it('is believed its time only where its certificate is checked', async () => {
    const server = createServer(own, (_request, response) => {
      response.writeHead(403, { date: 'Thu, 01 Jan 2099 00:00:00 GMT' }).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const endpoint = endpointOf(server.address() as AddressInfo)
    const years = []
    for (const tls of [{ ca: own.cert }, { rejectUnauthorized: false }]) {
      await using client = clientOf(endpoint, { tls })
      await failureOf(client.statObject('bkt', 'k'))
      const url = await client.presignedGetObject('bkt', 'k')
      years.push(/X-Amz-Date=(\d{4})/.exec(url)?.[1])
    }
    expect(years).toEqual(['2099', String(new Date().getUTCFullYear())])
    server.closeAllConnections()
    server.close()
  })

  it('has buckets with dots in the path, which no certificate covers in the host', async () => {
    await using store = await start()
    const options: Partial<ClientOptions> = { tls: { ca: own.cert }, addressing: 'virtual' }
    await using client = clientOf(`https://localhost:${store.port}`, options)
    await client.putObject('my.bucket', 'k', 'x')
    const [request] = store.seen
    expect(request).toMatchObject({ target: '/my.bucket/k' })
    expect(request?.headers.host).toBe(`localhost:${store.port}`)
  })

  it.each([
    ['that nobody vouches for', undefined, undefined],
    ['that another authority vouches for', 'other', undefined],
    ['that is for another name', 'own', 'example.org'],
  ])('is not talked to with a certificate %s', async (_case, authority, name) => {
    const served =
      name === undefined ? own : certificate(folder.path, 'named', `subjectAltName=DNS:${name}`)
    const trusted =
      authority === 'other'
        ? certificate(folder.path, 'other', 'subjectAltName=IP:127.0.0.1')
        : served
    await using store = await start(served)
    const tls = authority === undefined ? {} : { ca: trusted.cert }
    await using client = clientOf(endpointOf(store), { tls })
    const failure = await failureOf(client.putObject('bkt', 'k', 'secret'))
    const facts = { kind: 'tls', requestSent: false, attempts: 1 }
    expect(failure).toMatchObject({ name: 'TransportError', ...facts })
    expect(store.seen).toHaveLength(0)
  })

  it('is talked to all the same where that is asked for', async () => {
    await using store = await start()
    const tls = { rejectUnauthorized: false }
    await using client = clientOf(endpointOf(store), { tls })
    await client.putObject('bkt', 'k', 'x')
    expect(store.seen).toHaveLength(1)
  })

  it('is shown the certificate of the client', async () => {
    const user = certificate(folder.path, 'reader', 'extendedKeyUsage=clientAuth')
    const server = createServer({ ...own, ca: user.cert, requestCert: true })
    const names: unknown[] = []
    server.on('secureConnection', (socket: TLSSocket) => {
      names.push(socket.getPeerCertificate().subject.CN)
    })
    await using store = await storeOver(server)
    await using client = clientOf(endpointOf(store), { tls: { ca: own.cert, ...user } })
    await client.statObject('bkt', 'k')
    expect(names).toEqual(['reader'])
  })

  it('is trusted where SSL_CERT_FILE names its authority', async () => {
    const file = `${folder.path}/authorities.pem`
    await writeFile(file, own.cert)
    await using store = await start()
    const before = process.env['SSL_CERT_FILE']
    process.env['SSL_CERT_FILE'] = file
    try {
      await using client = clientOf(endpointOf(store))
      await client.statObject('bkt', 'k')
    } finally {
      if (before === undefined) delete process.env['SSL_CERT_FILE']
      else process.env['SSL_CERT_FILE'] = before
    }
    expect(store.seen).toHaveLength(1)
  })

  it('that speaks no TLS is told apart, and so is one that speaks nothing else', async () => {
    await using plain = await storeOver(createHttpServer())
    await using hopeful = clientOf(endpointOf(plain))
    const failure = await failureOf(hopeful.statObject('bkt', 'k'))
    expect(failure).toMatchObject({ name: 'TransportError', kind: 'tls' })
    await using store = await start()
    await using careless = clientOf(`http://127.0.0.1:${store.port}`, { retry: { maxAttempts: 1 } })
    expect(await failureOf(careless.statObject('bkt', 'k'))).toMatchObject({
      name: 'TransportError',
    })
    expect([...plain.seen, ...store.seen]).toEqual([])
  })

  it('that closes before the end of a body has given no success', async () => {
    const server = createServer(own, (_request, response) => {
      response.writeHead(200, { 'content-length': '7' })
      response.write('cont', () => response.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // It listens at a port.
    await using client = clientOf(`https://127.0.0.1:${port}`, { tls: { ca: own.cert } })
    const read = client.getObject('bkt', 'k').then((reader) => reader.text())
    expect(await failureOf(read)).toMatchObject({ name: 'TransportError' })
    server.close()
  })
})
