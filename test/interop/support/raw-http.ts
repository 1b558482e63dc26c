import { connect } from 'node:net'

export interface WireReply {
  /** 0 when the server closed the connection without an answer. */
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Code in the error document, empty without one. */
  readonly code: string
}

/**
 * Sends bytes as they are over a connection of their own and reads the first reply. Nothing
 * between the test and the socket can tidy up what is being sent.
 */
export function sendRaw(port: number, request: Buffer, headOnly = false): Promise<WireReply> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const finish = (reply: WireReply): void => {
      clearTimeout(timer)
      // A reset leaves no socket behind in TIME_WAIT; there are thousands of them.
      socket.resetAndDestroy()
      resolve(reply)
    }
    const timer = setTimeout(() => {
      socket.resetAndDestroy()
      reject(new Error(`no answer to ${request.toString('latin1').slice(0, 400)}`))
    }, 10_000)
    const closed = (): void => finish({ status: 0, headers: new Map(), body: received, code: '' })
    socket.on('error', closed)
    socket.on('close', closed)
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const reply = parseReply(received, headOnly)
      if (reply !== undefined) finish(reply)
    })
    socket.write(request)
  })
}

function parseReply(bytes: Buffer, headOnly: boolean): WireReply | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  if (status === 100) return parseReply(bytes.subarray(end + 4), headOnly)
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const sizeBytes = headOnly ? 0 : Number(headers.get('content-length') ?? 0)
  if (bytes.length < end + 4 + sizeBytes) return undefined
  const body = bytes.subarray(end + 4, end + 4 + sizeBytes)
  const code = /<Code>([^<]*)<\/Code>/.exec(body.toString('utf8'))?.[1] ?? ''
  return { status, headers, body, code }
}

/** Follows a URL without ever giving its path to a URL parser, which would take `..` away. */
export function sendUrl(
  url: string,
  method = 'GET',
  body: Buffer = Buffer.alloc(0),
  headers: Readonly<Record<string, string>> = {},
): Promise<WireReply> {
  const match = /^http:\/\/(127\.0\.0\.1:(\d+))(\/.*)$/.exec(url)
  const [, host = '', port = '', target = ''] = match ?? []
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `host: ${host}`,
    ...(method === 'PUT' ? [`content-length: ${body.length}`] : []),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return sendRaw(Number(port), Buffer.concat([head, body]), method === 'HEAD')
}
