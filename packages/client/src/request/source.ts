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
  // It may fail before it is read; without a listener that would end the process.
  stream.on('error', ignore)
  const iterator = stream[Symbol.asyncIterator]()
  return { next: () => iterator.next(), stop: () => void stream.destroy() }
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
