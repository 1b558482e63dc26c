import { Readable } from 'node:stream'
import { InvalidArgumentError } from '../errors.ts'

/** Something that gives pieces once: a stream, a generator, a list. */
export interface Source {
  /** The next piece. */
  next(): Promise<IteratorResult<unknown>> | IteratorResult<unknown>
  /** Ends it, read to its end or not; a pending `next` does not keep it alive. */
  stop(): void
}

/** What streams of Node have in common, old ones included. */
interface NodeStream extends AsyncIterable<unknown> {
  readonly readableEnded?: boolean
  destroy(): unknown
  on(event: 'error', listener: () => void): unknown
}

const ignore = (): void => {}

/** @throws InvalidArgumentError naming `data` when it is none, or is being read by somebody else */
export function sourceOf(data: unknown): Source {
  if (data instanceof ReadableStream) return webSource(data)
  if (typeof data === 'object' && data !== null) {
    if (isNodeStream(data)) return nodeSource(data)
    if (isIterable(data)) return iterableSource(data)
  }
  throw new InvalidArgumentError('data', 'must be text, bytes, a Blob, a stream or an iterable')
}

/** A reader of its own, since only that can be cancelled while a piece is awaited. */
function webSource(stream: ReadableStream<unknown>): Source {
  if (stream.locked) throw new InvalidArgumentError('data', 'must not be locked to a reader')
  // It takes web streams as well; the types lag behind.
  if (Readable.isDisturbed(stream as unknown as Readable)) throw alreadyRead()
  const reader = stream.getReader()
  return {
    next: async () => {
      const { done, value } = await reader.read()
      return done ? { done, value } : { done, value }
    },
    stop: () => void reader.cancel().catch(ignore),
  }
}

function nodeSource(stream: NodeStream): Source {
  if (stream.readableEnded === true) throw alreadyRead()
  // It may fail before it is read; without a listener that would end the process.
  stream.on('error', ignore)
  const iterator = stream[Symbol.asyncIterator]()
  return { next: () => iterator.next(), stop: () => void stream.destroy() }
}

/** What was read before would be missing, and nobody would notice. */
function alreadyRead(): InvalidArgumentError {
  return new InvalidArgumentError('data', 'must not have been read before')
}

function iterableSource(iterable: AsyncIterable<unknown> | Iterable<unknown>): Source {
  const iterator =
    Symbol.asyncIterator in iterable
      ? iterable[Symbol.asyncIterator]()
      : iterable[Symbol.iterator]()
  return {
    next: () => iterator.next(),
    stop: () => {
      Promise.resolve(iterator.return?.()).catch(ignore)
    },
  }
}

function isNodeStream(data: object): data is NodeStream {
  return (
    Symbol.asyncIterator in data &&
    'destroy' in data &&
    typeof data.destroy === 'function' &&
    'on' in data &&
    typeof data.on === 'function'
  )
}

function isIterable(data: object): data is AsyncIterable<unknown> | Iterable<unknown> {
  return Symbol.asyncIterator in data || Symbol.iterator in data
}
