import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { startServer, type StowageServer } from '@stowage/server'
import { react } from './support/pass-until.ts'
import { RawClient, RawConnection, type RawRequest } from './support/raw-client.ts'
import { ServerSockets } from './support/server-sockets.ts'

const bucket = 'piped'

describe('requests that come before the reply to the last', () => {
  let server: StowageServer
  let client: RawClient
  let connection: RawConnection
  const sockets = new ServerSockets()
  const defects: unknown[] = []

  beforeAll(async () => {
    server = await startServer({ onDefect: (error) => defects.push(error) })
    client = new RawClient(server)
    await client.makeBucket(bucket)
    await client.put(bucket, 'here', 'content')
  })

  afterEach(() => connection.destroy())

  afterAll(async () => {
    client.close()
    await server.close()
    sockets.stop()
    expect(defects).toEqual([])
  })

  function send(...bytes: readonly string[]): void {
    connection = new RawConnection(server.port)
    connection.write(bytes.join(''))
  }

  function upload(key: string, body: string, more: Partial<RawRequest> = {}): string {
    const input = { method: 'PUT', bucket, key, payloadHash: 'UNSIGNED-PAYLOAD', ...more }
    return client.wireHead(input, { 'content-length': `${body.length}` }) + body
  }

  const last = 'GET /last HTTP/1.1\r\nConnection: close\r\n\r\n'

  /** Status and, where there is one, code and resource of each answer. */
  async function answers(): Promise<readonly string[]> {
    const text = await connection.untilClosed()
    return text
      .split('HTTP/1.1 ')
      .slice(1)
      .map((answer) => {
        const code = /<Code>(.*?)<\/Code>/.exec(answer)?.[1] ?? ''
        const resource = /<Resource>(.*?)<\/Resource>/.exec(answer)?.[1] ?? ''
        return [answer.slice(0, 3), code, resource].filter((part) => part !== '').join(' ')
      })
  }

  it('are all answered, in order', async () => {
    const numbers = Array.from({ length: 1000 }, (_, index) => index)
    send(...numbers.map((index) => `GET /${bucket}/${index} HTTP/1.1\r\n\r\n`), last)
    const expected = numbers.map((index) => `403 AccessDenied /${bucket}/${index}`)
    expect(await answers()).toEqual([...expected, '403 AccessDenied /last'])
  })

  it('are answered in order whatever bodies stand between them', async () => {
    const chunked = client.wireHead(
      { method: 'PUT', bucket, key: 'chunked', payloadHash: 'UNSIGNED-PAYLOAD' },
      { 'transfer-encoding': 'chunked' },
    )
    send(
      upload('one', 'x'.repeat(100_000)),
      client.wireHead({ bucket, key: 'one' }),
      upload('refused', 'y'.repeat(100_000), { signed: false }),
      `${chunked}6\r\n\r\n\r\n\r\n\r\n0\r\n\r\n`,
      client.wireHead({ method: 'HEAD', bucket, key: 'here' }),
      upload('two', ''),
      client.wireHead({ bucket, key: 'absent' }),
      last,
    )
    expect(await answers()).toEqual([
      '200',
      '200',
      `403 AccessDenied /${bucket}/refused`,
      `411 MissingContentLength /${bucket}/chunked`,
      '200',
      '200',
      `404 NoSuchKey /${bucket}/absent`,
      '403 AccessDenied /last',
    ])
    expect((await client.get(bucket, 'one')).body).toHaveLength(100_000)
  })

  it('wait until it is taken, and are not read meanwhile', async () => {
    const listen = client.wireHead({ bucket, query: { events: 's3:ObjectCreated:*' } })
    send(listen, upload('waits', 'x'), 'GET / HTTP/1.1\r\n\r\n'.repeat(100_000))
    await connection.until('200 OK')
    await react(500)
    expect((await client.get(bucket, 'waits')).code).toBe('NoSuchKey')
    expect(sockets.accepted.at(-1)?.bytesRead).toBeLessThanOrEqual(256 * 1024)
  })

  const listing = 'GET / HTTP/1.1\r\n\r\n'

  /** How many requests are read, the reply to the second of which has no end. */
  async function countRead(first: string): Promise<number> {
    let read = 0
    const count = (): void => void (read += 1)
    subscribe('http.server.request.start', count)
    const listen = client.wireHead({ bucket, query: { events: 's3:ObjectCreated:*' } })
    send(first, listen, listing.repeat(10_000))
    await connection.until('event-stream')
    await react(500)
    unsubscribe('http.server.request.start', count)
    return read
  }

  /** Both, the listings in a piece of 1 KiB from the body's end on, and those behind the listener. */
  const fewRead = 2 + 2048 / listing.length

  it.each([1000, 65_536, 66_559, 66_560, 66_561, 131_072, 3_000_000])(
    'are not read with the end of a body of %i bytes',
    async (size) => {
      expect(await countRead(upload('before', 'x'.repeat(size)))).toBeLessThanOrEqual(fewRead)
      expect((await client.get(bucket, 'before')).body).toHaveLength(size)
      // A connection holds no more because of what has come on it.
      const { readableHighWaterMark } = new Socket()
      expect(sockets.accepted.at(-1)?.readableHighWaterMark).toBe(readableHighWaterMark)
    },
  )

  it.each([
    { size: 5000, signed: true, most: fewRead },
    { size: 200_000, signed: true, most: fewRead + (16 * 1024) / listing.length },
    { size: 3_000_000, signed: true, most: fewRead + (16 * 1024) / listing.length },
    { size: 200_000, signed: false, most: fewRead },
  ])(
    'are few that are read with the end of a body of chunks ($size bytes, signed: $signed)',
    async ({ size, signed, most }) => {
      const payloadHash = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
      const headers = { 'x-amz-decoded-content-length': `${size}` }
      const input = { method: 'PUT', bucket, key: 'chunks', payloadHash, headers, signed }
      const framed = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`
      const body = `${framed.length.toString(16)}\r\n${framed}\r\n0\r\n\r\n`
      const head = client.wireHead(input, { 'transfer-encoding': 'chunked' })
      expect(await countRead(head + body)).toBeLessThanOrEqual(most)
      if (signed) expect((await client.get(bucket, 'chunks')).body).toHaveLength(size)
    },
  )

  it('are ignored after one that closes the connection', async () => {
    send(last, upload('late', 'x'))
    expect(await answers()).toEqual(['403 AccessDenied /last'])
    expect((await client.get(bucket, 'late')).code).toBe('NoSuchKey')
  })

  it('are ignored after a body that is too large to be read and forgotten', async () => {
    send(upload('large', 'x'.repeat(1_000_000), { signed: false }), upload('late', 'x'))
    expect(await answers()).toEqual([`403 AccessDenied /${bucket}/large`])
    expect((await client.get(bucket, 'late')).code).toBe('NoSuchKey')
  })

  it('are answered before a request that is broken', async () => {
    const get = `GET /${bucket} HTTP/1.1\r\n\r\n`
    send(get, get, 'no HTTP\r\n\r\n', get)
    const refused = `403 AccessDenied /${bucket}`
    expect(await answers()).toEqual([refused, refused, '400 BadRequest'])
  })

  it('are answered before one that ends in the middle of its body', async () => {
    send(client.wireHead({ bucket, key: 'here' }), upload('cut', 'x'.repeat(1000)).slice(0, -1))
    await connection.until('content')
    connection.socket.end()
    expect(await answers()).toEqual(['200', `400 IncompleteBody /${bucket}/cut`])
    expect((await client.get(bucket, 'cut')).code).toBe('NoSuchKey')
  })

  it('are answered before one that ends in the middle of its head', async () => {
    send(client.wireHead({ bucket, key: 'here' }), 'GET / HTTP/1.1\r\n')
    await connection.until('content')
    connection.socket.end()
    expect(await answers()).toEqual(['200', '400 BadRequest'])
  })

  it('are answered before one that asks for a tunnel', async () => {
    const tunnel = 'CONNECT store:443 HTTP/1.1\r\n\r\n'
    send(`GET /${bucket} HTTP/1.1\r\n\r\n`, tunnel, upload('tunnelled', 'x'))
    expect(await answers()).toEqual([`403 AccessDenied /${bucket}`, '405 MethodNotAllowed'])
    expect((await client.get(bucket, 'tunnelled')).code).toBe('NoSuchKey')
  })

  it('are answered before one with a body that is no HTTP', async () => {
    const trailer = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
    const chunked = client.wireHead(
      {
        method: 'PUT',
        bucket,
        key: 'broken',
        payloadHash: trailer,
        headers: { 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' },
      },
      { 'transfer-encoding': 'chunked' },
    )
    send(client.wireHead({ bucket, key: 'here' }), `${chunked}1\r\nx\r\nzz\r\n`)
    expect(await answers()).toEqual(['200', `400 BadRequest /${bucket}/broken`])
  })

  it('may expect what the server does not know', async () => {
    send(`GET /${bucket} HTTP/1.1\r\nExpect: patience\r\n\r\n`.repeat(100), last)
    expect(await answers()).toHaveLength(101)
  })
})
