import { request as httpRequest, Agent, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'

import {
  amzDate,
  canonicalQuery,
  encodeKeyPath,
  sha256Hex,
  signHeaders,
  SigningKey,
  type QueryPair,
} from '@stowage/protocol'

/** Where to send requests, and how to sign them. */
export interface RawTarget {
  readonly port: number
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
}

export interface RawRequest {
  readonly method?: string | undefined
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  /** Raw path instead of bucket and key. */
  readonly path?: string | undefined
  /** Several values: the parameter stands as often. */
  readonly query?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** Headers, lower-case; all of them are signed where signatures cover them. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Headers that are sent but not signed. */
  readonly unsignedHeaders?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | undefined
  /** Value of x-amz-content-sha256; by default the hash of the body. */
  readonly payloadHash?: string | undefined
  /** False: no Authorization header at all. */
  readonly signed?: boolean | undefined
}

export interface RawResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
  /** Code in the error document, empty without one. */
  readonly code: string
}

export interface SignedHead {
  readonly target: string
  readonly headers: Record<string, string>
  readonly signature: string
  readonly key: SigningKey
  readonly amzDate: string
}

/** Sends requests exactly as they are told to it: no URL object ever sees a path. */
export class RawClient {
  readonly server: RawTarget
  readonly #agent = new Agent({ keepAlive: true })
  readonly #now: () => Date

  readonly #host: string

  constructor(server: RawTarget, now: () => Date = () => new Date(), host: string = '127.0.0.1') {
    this.server = server
    this.#now = now
    this.#host = host
  }

  close(): void {
    this.#agent.destroy()
  }

  head(input: RawRequest): SignedHead {
    const { server } = this
    const path = input.path ?? pathOf(input)
    const pairs = Object.entries(input.query ?? {}).flatMap(([name, value]) =>
      [value].flat().map((one): QueryPair => [name, one]),
    )
    const query = canonicalQuery(pairs)
    const date = amzDate(this.#now())
    const payloadHash = input.payloadHash ?? sha256Hex(input.body ?? '')
    const signed = input.signed !== false
    const scope = { day: date.slice(0, 8), region: server.region, service: 's3' }
    const key = new SigningKey(server.secretKey, scope)
    const headers: Record<string, string> = {
      host: `${this.#host}:${server.port}`,
      ...(signed ? { 'x-amz-date': date, 'x-amz-content-sha256': payloadHash } : {}),
      ...input.headers,
    }
    const { authorization, signature } = signHeaders(key, server.accessKey, {
      method: input.method ?? 'GET',
      path,
      query,
      headers,
      amzDate: date,
      payloadHash,
    })
    if (signed) headers['authorization'] = authorization
    Object.assign(headers, input.unsignedHeaders)
    const target = query === '' ? path : `${path}?${query}`
    return { target, headers, signature, key, amzDate: date }
  }

  send(input: RawRequest): Promise<RawResponse> {
    const { target, headers } = this.head(input)
    return this.exchange(input.method ?? 'GET', target, headers, input.body)
  }

  /** One request with these very headers. */
  exchange(
    method: string,
    target: string,
    headers: Record<string, string>,
    body?: string | Uint8Array,
  ): Promise<RawResponse> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        host: this.#host,
        port: this.server.port,
        agent: this.#agent,
        method,
        path: target,
        headers:
          body === undefined
            ? headers
            : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      })
      request.on('error', reject)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const text = bytes.toString('utf8')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: bytes,
            text,
            code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? '',
          })
        })
      })
      // As bytes: beside a text body Node would write the headers in UTF-8 as well.
      request.end(body === undefined ? undefined : Buffer.from(body))
    })
  }

  put(bucket: string, key: string, body: string | Uint8Array, headers = {}): Promise<RawResponse> {
    return this.send({ method: 'PUT', bucket, key, body, headers })
  }

  get(bucket: string, key: string, headers = {}): Promise<RawResponse> {
    return this.send({ bucket, key, headers })
  }

  async makeBucket(bucket: string): Promise<void> {
    const { status } = await this.send({ method: 'PUT', bucket })
    if (status !== 200) throw new Error(`bucket ${bucket}: ${status}`)
  }

  /** Head of a request as the bytes on the wire. */
  wireHead(input: RawRequest, more: Readonly<Record<string, string>> = {}): string {
    const { target, headers } = this.head(input)
    const lines = Object.entries({ ...headers, ...more }).map(
      ([name, value]) => `${name}: ${value}`,
    )
    return `${input.method ?? 'GET'} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
  }
}

function pathOf({ bucket = '', key = '' }: RawRequest): string {
  return key === '' ? `/${bucket}` : `/${bucket}/${encodeKeyPath(key)}`
}

/** A bare connection: what is written goes out, what came is kept. */
export class RawConnection {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #closed = false
  #wake: () => void = () => undefined

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port })
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  /** All that came so far, once it holds `part` or the connection is closed. */
  async until(part: string): Promise<string> {
    for (;;) {
      const text = this.#received.toString('latin1')
      if (text.includes(part) || this.#closed) return text
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** All that came until the server closed the connection. */
  async untilClosed(): Promise<string> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#received.toString('latin1')
  }

  destroy(): void {
    this.socket.destroy()
  }
}
