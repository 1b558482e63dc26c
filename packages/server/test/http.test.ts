import { beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '@stowage/server'
import { ManualTimers } from './support/manual-timers.ts'
import { RawClient, RawConnection, type RawRequest } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

function codeOf(answer: string): string {
  return /<Code>([^<]*)</.exec(answer)?.[1] ?? ''
}

describeServers('HTTP', (fixture) => {
  const bucket = 'http-engine'
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
  })

  const upload = (key: string): RawRequest => ({
    method: 'PUT',
    bucket,
    key,
    payloadHash: 'UNSIGNED-PAYLOAD',
  })

  async function exchange(bytes: string): Promise<string> {
    const connection = new RawConnection(fixture().server.port)
    connection.write(bytes)
    const answer = await connection.until('</Error>')
    connection.destroy()
    return answer
  }

  it('says who it is without a version, and gives every answer an id', async () => {
    const { headers } = await client.send({ bucket })
    expect(headers['server']).toBe('Stowage')
    expect(headers['x-amz-request-id']).toMatch(/^[0-9A-F]{16}$/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(Number.isNaN(Date.parse(headers.date ?? ''))).toBe(false)
  })

  it.each([
    ['GET http://evil/b/k HTTP/1.1\r\nHost: x\r\n\r\n', 'InvalidURI'],
    ['OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 'InvalidURI'],
    ['GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', 'InvalidURI'],
    ['GET /b/%ff HTTP/1.1\r\nHost: x\r\n\r\n', 'InvalidURI'],
    [`GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 'InvalidURI'],
    ['GET /b HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 'InvalidRequest'],
    ['GET /b HTTP/1.1\r\nHost: x\r\nx-amz-date: a\r\nx-amz-date: a\r\n\r\n', 'InvalidRequest'],
    ['GET /b HTTP/1.1\r\nHost: x\r\nRange: a\r\nRange: a\r\n\r\n', 'InvalidRequest'],
    [
      'GET /b HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: a\r\n\r\n',
      'InvalidRequest',
    ],
    ['GET /b HTTP/1.1\r\nHost: x\r\n\r\n', 'AccessDenied'],
    ['GET /b/k HTTP/1.1\r\nHost: x\r\n__proto__: x\r\n\r\n', 'AccessDenied'],
    ['no HTTP at all\r\n\r\n', 'BadRequest'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'BadRequest'],
    ['CONNECT store:443 HTTP/1.1\r\nHost: x\r\n\r\n', 'MethodNotAllowed'],
    ['TRACE /b HTTP/1.1\r\nHost: x\r\n\r\n', 'MethodNotAllowed'],
    ['GET /b HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 'BadRequest'],
    [
      'PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'BadRequest',
    ],
    ['PUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n', 'BadRequest'],
    [
      `GET /b HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(40_000)}\r\n\r\n`,
      'RequestHeaderSectionTooLarge',
    ],
  ])('answers %j in XML', async (bytes, code) => {
    expect(codeOf(await exchange(bytes))).toBe(code)
    expect((await client.send({ bucket })).status).toBe(200)
  })

  it('refuses everything that is not signed, in the same words whether it is there', async () => {
    await client.put(bucket, 'secret', 'x')
    for (const method of ['GET', 'PUT', 'DELETE', 'POST', 'HEAD']) {
      const [there, absent] = await Promise.all(
        ['secret', 'absent'].map((key) => client.send({ method, bucket, key, signed: false })),
      )
      expect([there?.status, there?.code]).toEqual([absent?.status, absent?.code])
      expect(there?.status).toBeGreaterThanOrEqual(400)
    }
    expect((await client.get(bucket, 'secret')).text).toBe('x')
  })

  it.each([
    ['x-amz-copy-source', '/b/k'],
    ['x-amz-meta-a', 'b'],
    ['x-amz-tagging', 'a=b'],
    ['x-amz-storage-class', 'STANDARD_IA'],
  ])('refuses %s when the signature does not cover it', async (name, value) => {
    const request = { ...upload('loose'), body: 'x', unsignedHeaders: { [name]: value } }
    expect((await client.send(request)).code).toBe('AccessDenied')
    expect((await client.get(bucket, 'loose')).code).toBe('NoSuchKey')
  })

  it('refuses a body where none belongs', async () => {
    await client.put(bucket, 'bodiless', 'x')
    const remove = { method: 'DELETE', bucket, key: 'bodiless', body: 'body' }
    expect((await client.send(remove)).code).toBe('XAmzContentSHA256Mismatch')
    const emptyHash = client.head({ method: 'DELETE', bucket, key: 'bodiless' })
    const refused = await client.exchange('DELETE', emptyHash.target, emptyHash.headers, 'body')
    expect(refused.code).toBe('XAmzContentSHA256Mismatch')
    expect((await client.get(bucket, 'bodiless')).status).toBe(200)
  })

  describe('100 Continue', () => {
    it('is said once the request is allowed', async () => {
      const connection = new RawConnection(fixture().server.port)
      connection.write(
        client.wireHead(upload('continued'), { expect: '100-continue', 'content-length': '5' }),
      )
      expect(await connection.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 100 /)
      connection.write('hello')
      expect(await connection.until('etag')).toContain('HTTP/1.1 200 ')
      connection.destroy()
      expect((await client.get(bucket, 'continued')).text).toBe('hello')
    })

    it('is not said when the request is refused', async () => {
      const connection = new RawConnection(fixture().server.port)
      connection.write(
        client.wireHead(
          { ...upload('refused'), signed: false },
          { expect: '100-continue', 'content-length': '5' },
        ),
      )
      const answer = await connection.untilClosed()
      expect(answer).toMatch(/^HTTP\/1\.1 403 /)
      expect(answer.toLowerCase()).toContain('connection: close')
    })
  })

  it('keeps the connection behind a refusal with a small body', async () => {
    const connection = new RawConnection(fixture().server.port)
    const head = client.wireHead({ ...upload('k'), signed: false }, { 'content-length': '5' })
    connection.write(`${head}hello`)
    expect(await connection.until('</Error>')).toMatch(/^HTTP\/1\.1 403 /)
    connection.write(client.wireHead({ method: 'HEAD', bucket }))
    expect(await connection.until('bucket-region')).toContain('HTTP/1.1 200 ')
    connection.destroy()
  })

  it('lets the sender of a large body read why it was refused', async () => {
    const request = { ...upload('large'), signed: false, body: Buffer.alloc(8 * 1024 * 1024) }
    expect(await client.send(request)).toMatchObject({ status: 403, code: 'AccessDenied' })
  })

  it('wants to know the length of an object', async () => {
    const connection = new RawConnection(fixture().server.port)
    const head = client.wireHead(upload('unknown'), { 'transfer-encoding': 'chunked' })
    connection.write(`${head}1\r\nx\r\n0\r\n\r\n`)
    expect(codeOf(await connection.until('</Error>'))).toBe('MissingContentLength')
    connection.destroy()
  })

  it('refuses more than 5 GiB at once', async () => {
    const connection = new RawConnection(fixture().server.port)
    connection.write(client.wireHead(upload('huge'), { 'content-length': '5368709121' }))
    expect(codeOf(await connection.until('</Error>'))).toBe('EntityTooLarge')
    connection.destroy()
  })

  it.each(['destroy', 'end'] as const)(
    'keeps the old object when an upload is cut short (%s)',
    async (way) => {
      await client.put(bucket, 'cut', 'old')
      const connection = new RawConnection(fixture().server.port)
      connection.write(client.wireHead(upload('cut'), { 'content-length': '100000' }))
      connection.write('x'.repeat(50_000))
      await new Promise((resolve) => connection.socket.write('y', resolve))
      connection.socket[way]()
      await connection.untilClosed()
      expect((await client.get(bucket, 'cut')).text).toBe('old')
    },
  )

  it('survives a reader that goes away', async () => {
    await client.put(bucket, 'read', Buffer.alloc(20_000_000))
    const connection = new RawConnection(fixture().server.port)
    connection.write(client.wireHead({ bucket, key: 'read' }))
    await connection.until('200 OK')
    connection.destroy()
    expect((await client.get(bucket, 'read')).body).toHaveLength(20_000_000)
  })

  it('gives a reader the old bytes to the end while the object is replaced', async () => {
    const old = Buffer.alloc(20_000_000, 'old ')
    await client.put(bucket, 'replaced', old)
    const connection = new RawConnection(fixture().server.port)
    connection.socket.pause()
    connection.write(client.wireHead({ bucket, key: 'replaced' }, { connection: 'close' }))
    await new Promise((resolve) => connection.socket.once('readable', resolve))
    await client.put(bucket, 'replaced', 'new')
    await client.send({ method: 'DELETE', bucket, key: 'replaced' })
    connection.socket.resume()
    const answer = await connection.untilClosed()
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
    expect(body.length).toBe(old.length)
    expect(body === old.toString('latin1')).toBe(true)
  })
})

describe('the clock', () => {
  it('refuses what is signed too early or too late, and says what time it is', async () => {
    const now = new Date('2026-01-02T03:04:05Z')
    await using server = await startServer({ now: () => now })
    for (const minutes of [-16, 16]) {
      const client = new RawClient(server, () => new Date(now.getTime() + minutes * 60_000))
      const refused = await client.send({})
      expect(refused).toMatchObject({ status: 403, code: 'RequestTimeTooSkewed' })
      expect(refused.text).toContain('<ServerTime>2026-01-02T03:04:05')
      client.close()
    }
    const client = new RawClient(server, () => new Date(now.getTime() + 14 * 60_000))
    expect((await client.send({})).status).toBe(200)
    await client.makeBucket('clock')
    await client.put('clock', 'key', 'x')
    const read = await client.get('clock', 'key')
    expect(read.headers['last-modified']).toBe('Fri, 02 Jan 2026 03:04:05 GMT')
    client.close()
  })
})

describe('the head of an answer', () => {
  it.each([
    ['HEAD', '1000000'],
    ['PUT', '1000000'],
    ['OPTIONS', '300000'],
  ])('to a %s does not wait for a body that is not read', async (method, length) => {
    const server = await startServer({
      timers: new ManualTimers(),
      cors: { allowedOrigins: ['http://*'] },
    })
    const connection = new RawConnection(server.port)
    const origin = 'http://\xfc\xe9'
    const head = [
      `${method} /bucket/key HTTP/1.1`,
      `Origin: ${origin}`,
      'Access-Control-Request-Method: GET',
      `Content-Length: ${length}`,
    ]
    connection.write(Buffer.from(`${head.join('\r\n')}\r\n\r\nbody`, 'latin1'))
    const answer = (await connection.until('\r\n\r\n')).toLowerCase()
    expect(answer).toMatch(/^http\/1\.1 [24]\d\d /)
    expect(answer).toContain(`access-control-allow-origin: ${origin}\r\n`)
    expect(answer).toContain('connection: close\r\n')
    connection.destroy()
    await server.close()
  })
})

describe('close', () => {
  it('ends idle connections and requests under way, and frees the port', async () => {
    const server = await startServer()
    const client = new RawClient(server)
    await client.makeBucket('closing')
    const idle = new RawConnection(server.port)
    const active = new RawConnection(server.port)
    const request = { method: 'PUT', bucket: 'closing', key: 'k', payloadHash: 'UNSIGNED-PAYLOAD' }
    active.write(client.wireHead(request, { 'content-length': '10', expect: '100-continue' }))
    await active.until('100 Continue')
    await Promise.all([server.close(), server.close()])
    await idle.untilClosed()
    await active.untilClosed()
    client.close()
    const again = await startServer({ port: server.port })
    expect(again.port).toBe(server.port)
    await again.close()
  })
})
