import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'

import {
  amzDate,
  canonicalQuery,
  encodeKeyPath,
  signHeaders,
  SigningKey,
  type QueryPair,
} from '@stowage/protocol'

import type { S3Request } from '../s3-model.ts'
import { renderXml } from './xml-tree.ts'

export interface Endpoint {
  readonly port: number
  readonly accessKey: string
  readonly secretKey: string
}

/** An answer as it came. */
export interface Observed {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const region = 'us-east-1'
const emptyHash = createHash('sha256').digest('hex')

/** Bodies above this are sent without their hash, which is what the proof is not about. */
const maxHashedBytes = 4096

/**
 * One connection that is kept open, with one request under way: no more than the protocol needs,
 * because hundreds of thousands of commands go through it.
 */
export class Wire {
  readonly #endpoint: Endpoint
  readonly #now: () => Date
  #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #headOnly = false
  #settle: { resolve: (observed: Observed) => void; reject: (error: Error) => void } | undefined
  #signing: { readonly day: string; readonly key: SigningKey } | undefined

  constructor(endpoint: Endpoint, now: () => Date) {
    this.#endpoint = endpoint
    this.#now = now
    this.#socket = this.#connect()
  }

  #connect(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.#endpoint.port, noDelay: true })
    socket.on('data', (bytes) => this.#take(bytes))
    socket.on('error', (error) => this.#lost(socket, error))
    socket.on('close', () => this.#lost(socket, new Error('the connection was closed')))
    return socket
  }

  /** Only what happens to the connection in use counts. */
  #lost(socket: Socket, error: Error): void {
    if (socket === this.#socket) this.#settle?.reject(error)
  }

  close(): void {
    this.#settle = undefined
    this.#socket.destroy()
  }

  /** @throws Error when the connection ends before the answer does */
  send(request: S3Request): Promise<Observed> {
    if (this.#socket.destroyed) this.#socket = this.#connect()
    const body = bodyOf(request)
    const head = this.#head(request, body)
    this.#headOnly = request.method === 'HEAD'
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#socket.cork()
      this.#socket.write(head, 'latin1')
      if (body !== undefined && body.length > 0) this.#socket.write(body)
      this.#socket.uncork()
    })
  }

  #head(request: S3Request, body: Buffer | undefined): string {
    const { method, bucket, key } = request
    const path = key === '' ? `/${bucket}` : `/${bucket}/${encodeKeyPath(key)}`
    const pairs = Object.entries(request.query).map((pair): QueryPair => pair)
    const query = canonicalQuery(pairs)
    const headers = this.#headers(request, { path, query, body })
    if (body !== undefined) headers['content-length'] = String(body.length)
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return `${method} ${query === '' ? path : `${path}?${query}`} HTTP/1.1\r\n${lines.join('')}\r\n`
  }

  #headers(
    { method, headers: own, document, anonymous }: S3Request,
    { path, query, body }: { path: string; query: string; body: Buffer | undefined },
  ): Record<string, string> {
    const { port, accessKey } = this.#endpoint
    const headers: Record<string, string> = { host: `127.0.0.1:${port}`, ...own }
    if (document !== undefined && body !== undefined) {
      headers['content-md5'] ??= createHash('md5').update(body).digest('base64')
    }
    if (anonymous === true) return headers
    const date = amzDate(this.#now())
    const payloadHash = hashOf(body)
    headers['x-amz-date'] = date
    headers['x-amz-content-sha256'] = payloadHash
    const signed = { method, path, query, headers, amzDate: date, payloadHash }
    const { authorization } = signHeaders(this.#key(date.slice(0, 8)), accessKey, signed)
    headers['authorization'] = authorization
    return headers
  }

  #key(day: string): SigningKey {
    if (this.#signing?.day !== day) {
      const key = new SigningKey(this.#endpoint.secretKey, { day, region, service: 's3' })
      this.#signing = { day, key }
    }
    return this.#signing.key
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = this.#received.toString('latin1', 0, end).split('\r\n')
      const status = Number(head[0]?.slice(9, 12))
      if (status === 100) {
        this.#received = this.#received.subarray(end + 4)
        continue
      }
      const headers = headersOf(head.slice(1))
      const bodiless = this.#headOnly || status === 204 || status === 304
      const size = bodiless ? 0 : Number(headers['content-length'])
      if (Number.isNaN(size)) this.#settle?.reject(new Error('the answer has no length'))
      if (this.#received.length < end + 4 + size) return
      const body = this.#received.subarray(end + 4, end + 4 + size)
      this.#received = this.#received.subarray(end + 4 + size)
      const settle = this.#settle
      this.#settle = undefined
      // What was refused early is answered while its body is still on the way.
      if (headers['connection'] === 'close') this.#socket.destroy()
      settle?.resolve({ status, headers, body })
      return
    }
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  return headers
}

function bodyOf({ body, document, method }: S3Request): Buffer | undefined {
  if (document === undefined) return body ?? (method === 'PUT' ? Buffer.alloc(0) : undefined)
  return Buffer.from(typeof document === 'string' ? document : renderXml(document))
}

function hashOf(body: Buffer | undefined): string {
  if (body === undefined || body.length === 0) return emptyHash
  if (body.length > maxHashedBytes) return 'UNSIGNED-PAYLOAD'
  return createHash('sha256').update(body).digest('hex')
}
