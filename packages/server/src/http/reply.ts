import type { ServerResponse } from 'node:http'

/** Name and value of a header; values hold one character per byte. */
export type ReplyHeader = readonly [name: string, value: string]

/** Bytes that are produced while they are sent. */
export interface ReplyStream {
  /** Undefined where only the end will tell: then it is sent in chunks of HTTP. */
  readonly sizeBytes: number | undefined
  readonly chunks: AsyncIterable<Uint8Array>
  /** Called once, however the reply ends. */
  close(): void
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

/** The receiver stopped reading, or is gone. */
export class ReceiverGoneError extends Error {
  override readonly name = 'ReceiverGoneError'
}

export interface SendOptions {
  /** HEAD: the headers alone. */
  readonly headOnly: boolean
  /** Whether to end the connection behind the reply. */
  readonly close: boolean
  /** How long the receiver may leave the bytes lying, in milliseconds. */
  readonly stallMs: number
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
    // Not flushed but sent by the end of the message, which writes one byte per character: flushed
    // headers are written in UTF-8, as if their bytes were text.
    if (options.headOnly || body === undefined) return
    // As bytes: beside a text body Node would write the headers in UTF-8 as well.
    if (stream === undefined) response.write(typeof body === 'string' ? Buffer.from(body) : body)
    else if ('endless' in stream) await sendEndless(response, stream, options.stallMs)
    else await sendStream(response, stream, options.stallMs)
  } finally {
    stream?.close()
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

async function sendStream(
  response: ServerResponse,
  stream: ReplyStream,
  stallMs: number,
): Promise<void> {
  const { sizeBytes = Infinity } = stream
  let sentBytes = 0
  for await (const chunk of stream.chunks) {
    if (response.destroyed) throw new ReceiverGoneError('the receiver closed the connection')
    if (chunk.length === 0) continue
    sentBytes += chunk.length
    if (sentBytes > sizeBytes) throw new Error('a body is longer than its record says')
    if (!response.write(chunk)) await drained(response, stallMs)
  }
  if (stream.sizeBytes !== undefined && sentBytes !== sizeBytes) {
    throw new Error('a body is shorter than its record says')
  }
}

/** The receiver is watched, because it may be long until there is something to write to it. */
async function sendEndless(
  response: ServerResponse,
  stream: EndlessStream,
  stallMs: number,
): Promise<void> {
  response.once('close', () => stream.close())
  stream.whenCut(() => response.destroy())
  if (response.destroyed) stream.close()
  response.flushHeaders()
  for await (const chunk of stream.chunks) {
    if (response.destroyed) return
    if (!response.write(chunk)) await drained(response, stallMs)
  }
}

function drained(response: ServerResponse, stallMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (failure?: Error): void => {
      clearTimeout(timer)
      response.off('drain', onDrain)
      response.off('close', onClose)
      if (failure === undefined) resolve()
      else reject(failure)
    }
    const onDrain = (): void => finish()
    const onClose = (): void => finish(new ReceiverGoneError('the receiver closed the connection'))
    const timer = setTimeout(
      () => finish(new ReceiverGoneError('the receiver stopped reading')),
      stallMs,
    )
    response.once('drain', onDrain)
    response.once('close', onClose)
    if (response.destroyed) onClose()
  })
}
