import type { ServerResponse } from 'node:http'

/** Name and value of a header; values hold one character per byte. */
export type ReplyHeader = readonly [name: string, value: string]

/** Bytes that are produced while they are sent. */
export interface ReplyStream {
  /** Undefined where only the end will tell: then it is sent in chunks of HTTP. */
  readonly sizeBytes: number | undefined
  readonly chunks: AsyncIterable<Uint8Array>
  /** Called once, however the reply ends, when nothing is read any more. */
  close(): void | Promise<void>
}

/** Bytes that come as long as somebody takes them. */
export interface EndlessStream {
  readonly endless: true
  /** Ends when it is closed. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Called when the receiver goes, and once more at the end. */
  close(): void
  /** Tells what to call when the receiver is too slow to be served any further. */
  whenCut(onCut: () => void): void
}

/** What an operation answers. */
export interface Reply {
  readonly status: number
  readonly headers?: readonly ReplyHeader[] | undefined
  /** An XML document, bytes or a stream. A HEAD gives none and states the length as a header. */
  readonly body?: string | Uint8Array | ReplyStream | EndlessStream | undefined
}

/**
 * Waits for the first bytes of a stream: what goes wrong until then can still be answered.
 * @throws what the stream throws; then it is closed
 */
export async function begun(reply: Reply): Promise<Reply> {
  const { body } = reply
  if (typeof body !== 'object' || body instanceof Uint8Array || 'endless' in body) return reply
  const chunks = new BegunChunks(body.chunks[Symbol.asyncIterator]())
  const close = async (): Promise<void> => {
    await chunks.return()
    await body.close()
  }
  try {
    await chunks.begin()
    return { ...reply, body: { sizeBytes: body.sizeBytes, chunks, close } }
  } catch (error) {
    await close()
    throw error
  }
}

/** Chunks of which the first one is there. */
class BegunChunks implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>
  #first: IteratorResult<Uint8Array> | undefined

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks
  }

  async begin(): Promise<void> {
    this.#first = await this.#chunks.next()
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const first = this.#first
    if (first === undefined) return this.#chunks.next()
    this.#first = undefined
    return Promise.resolve(first)
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#chunks.return?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** The receiver stopped reading, or is gone. */
export class ReceiverGoneError extends Error {
  override readonly name = 'ReceiverGoneError'
}

export interface SendOptions {
  /** HEAD: the headers alone. */
  readonly headOnly: boolean
  /** Whether to end the connection behind the reply. */
  readonly close: boolean
}

/**
 * Writes the head and the body, but does not end the message: what is left of the request's body
 * may still have to be taken off the socket.
 * @throws ReceiverGoneError, or what the stream throws; then the connection has to be destroyed
 */
export async function sendReply(
  response: ServerResponse,
  reply: Reply,
  options: SendOptions,
): Promise<void> {
  const { body } = reply
  const stream = typeof body === 'object' && !(body instanceof Uint8Array) ? body : undefined
  try {
    response.writeHead(reply.status, flatHeaders(reply, options))
    if (options.headOnly || body === undefined) return
    // As bytes: beside a text body Node would write the headers in UTF-8 as well.
    if (stream === undefined) response.write(typeof body === 'string' ? Buffer.from(body) : body)
    else if ('endless' in stream) await sendEndless(response, stream)
    else await sendStream(response, stream)
  } finally {
    await stream?.close()
  }
}

function flatHeaders(reply: Reply, options: SendOptions): string[] {
  const flat: string[] = []
  let lengthGiven = false
  for (const [name, value] of reply.headers ?? []) {
    flat.push(name, value)
    if (name === 'content-length') lengthGiven = true
  }
  const sizeBytes = sizeOf(reply.body)
  if (!lengthGiven && sizeBytes !== undefined && reply.status !== 204 && reply.status !== 304) {
    flat.push('content-length', String(sizeBytes))
  }
  if (options.close) flat.push('connection', 'close')
  return flat
}

/** Undefined when nobody knows. */
function sizeOf(body: Reply['body']): number | undefined {
  if (body === undefined) return 0
  if (typeof body === 'string') return Buffer.byteLength(body)
  if (body instanceof Uint8Array) return body.length
  return 'endless' in body ? undefined : body.sizeBytes
}

async function sendStream(response: ServerResponse, stream: ReplyStream): Promise<void> {
  const { sizeBytes = Infinity } = stream
  let sentBytes = 0
  for await (const chunk of stream.chunks) {
    if (response.destroyed) throw new ReceiverGoneError('the receiver closed the connection')
    if (chunk.length === 0) continue
    sentBytes += chunk.length
    if (sentBytes > sizeBytes) throw new Error('a body is longer than its record says')
    if (!response.write(chunk)) await drained(response)
  }
  if (stream.sizeBytes !== undefined && sentBytes !== sizeBytes) {
    throw new Error('a body is shorter than its record says')
  }
}

/** The receiver is watched, because it may be long until there is something to write to it. */
async function sendEndless(response: ServerResponse, stream: EndlessStream): Promise<void> {
  response.once('close', () => stream.close())
  stream.whenCut(() => response.destroy())
  if (response.destroyed) stream.close()
  response.flushHeaders()
  for await (const chunk of stream.chunks) {
    if (response.destroyed) return
    if (!response.write(chunk)) await drained(response)
  }
}

/** A receiver that takes nothing loses its connection, see `Connection`. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      response.off('drain', finish)
      response.off('close', finish)
      if (response.destroyed) reject(new ReceiverGoneError('the receiver is gone, or too slow'))
      else resolve()
    }
    response.once('drain', finish)
    response.once('close', finish)
    if (response.destroyed) finish()
  })
}
