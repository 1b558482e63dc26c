/** One request as it went over the wire, taken apart so that it can be put together otherwise. */
export interface RecordedRequest {
  readonly method: string
  readonly target: string
  /** In wire order and case; one character per byte. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

/** What of a request may be replaced. */
export type Change = Partial<RecordedRequest>

export function changed(request: RecordedRequest, change: Change): RecordedRequest {
  return { ...request, ...change }
}

export function headerOf(request: RecordedRequest, name: string): string | undefined {
  return request.headers.find(([other]) => other.toLowerCase() === name)?.[1]
}

/** The request with the first header of that name set, or added when there is none. */
export function withHeader(request: RecordedRequest, name: string, value: string): RecordedRequest {
  const index = request.headers.findIndex(([other]) => other.toLowerCase() === name)
  if (index === -1) return changed(request, { headers: [...request.headers, [name, value]] })
  return changed(request, { headers: request.headers.with(index, [name, value]) })
}

export function wireBytes({ method, target, headers, body }: RecordedRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}

/** Takes the bytes that one connection carried apart into requests. */
export function requestsIn(wire: Buffer): RecordedRequest[] {
  const requests: RecordedRequest[] = []
  let rest = wire
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) throw new Error('the recording ends inside a head')
    const [requestLine = '', ...lines] = rest.toString('latin1', 0, end).split('\r\n')
    const [method = '', target = ''] = requestLine.split(' ')
    const headers = lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
    })
    const head = { method, target, headers, body: Buffer.alloc(0) }
    rest = rest.subarray(end + 4)
    const [request, length] = withBody(head, rest)
    requests.push(request)
    rest = rest.subarray(length)
  }
  return requests
}

/**
 * A body in chunks of HTTP becomes one with a length. No signature covers the difference, and a
 * mutated chunk size would only try Node's parser, or wait for bytes that never come.
 */
function withBody(head: RecordedRequest, wire: Buffer): [RecordedRequest, number] {
  if (headerOf(head, 'transfer-encoding')?.toLowerCase() !== 'chunked') {
    const length = Number(headerOf(head, 'content-length') ?? 0)
    return [changed(head, { body: Buffer.from(wire.subarray(0, length)) }), length]
  }
  const pieces: Buffer[] = []
  let position = 0
  for (;;) {
    const newline = wire.indexOf('\r\n', position)
    const size = Number.parseInt(wire.toString('latin1', position, newline), 16)
    const begin = newline + 2
    position = begin + size + 2
    if (size === 0) break
    pieces.push(wire.subarray(begin, begin + size))
  }
  const body = Buffer.concat(pieces)
  const headers = head.headers.filter(([name]) => name.toLowerCase() !== 'transfer-encoding')
  const flat = changed(head, {
    headers: [...headers, ['Content-Length', String(body.length)]],
    body,
  })
  return [flat, position]
}
